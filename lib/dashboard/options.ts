import { McpSseError } from '../errors.js';

export interface DashboardOptions {
  /**
   * Whether sessions get a button that closes them.
   * @defaultValue false
   */
  allowClose?: boolean;
  /**
   * Whether the page shows what messages say. Everybody who may see the page sees the arguments
   * and results of all users' calls then.
   * @defaultValue false
   */
  showMessages?: boolean;
  /**
   * Host names that the page may be asked for by over a loopback connection, beside those that
   * mean this machine: what a reverse proxy on this machine passes on, if `trust proxy` is not
   * set. `'*'` turns the check off, and with it the protection of an unauthenticated page from
   * DNS rebinding.
   * @defaultValue `[]`
   */
  allowedHosts?: readonly string[] | '*';
  /**
   * Pages that may be open at a time; one more is told to wait.
   * @defaultValue 10
   */
  viewers?: number;
  /**
   * Sessions that one page lists, the first in its order; it says how many there are beyond them.
   * @defaultValue 100
   */
  rows?: number;
}

export type DashboardSettings = Required<DashboardOptions>;

/** @throws McpSseError `invalid-option`. */
export function parseOptions(options: DashboardOptions): DashboardSettings {
  const settings: DashboardSettings = {
    allowClose: false,
    showMessages: false,
    allowedHosts: [],
    viewers: 10,
    rows: 100,
  };
  const unknown = Object.keys(options).find((name) => !(name in settings));
  if (unknown !== undefined) throw invalid(`unknown option ${unknown}`);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  Object.assign(settings, Object.fromEntries(given));
  const { allowClose, showMessages, allowedHosts, viewers, rows } = settings;
  // Without the compiler, a `'false'` from the environment would switch them on.
  if (typeof allowClose !== 'boolean') throw invalid('allowClose must be a boolean');
  if (typeof showMessages !== 'boolean') throw invalid('showMessages must be a boolean');
  if (allowedHosts !== '*' && !Array.isArray(allowedHosts)) {
    throw invalid("allowedHosts must be an array, or '*'");
  }
  for (const [name, value] of Object.entries({ viewers, rows })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw invalid(`${name} must be a whole number above 0`);
    }
  }
  return settings;
}

const invalid = (what: string): McpSseError =>
  new McpSseError('invalid-option', `dashboard: ${what}`);
