// The dashboard's options.
import { McpSseError } from '../errors.js';

export interface DashboardOptions {
  /**
   * Whether each session has a button that closes it.
   * @defaultValue false
   */
  allowClose?: boolean;
  /**
   * Whether the page shows contents of messages: arguments and results of all users' calls, to
   * everybody who can see the page.
   * @defaultValue false
   */
  showMessages?: boolean;
  /**
   * Host names that requests from this machine may use for the page, besides `localhost`, loopback
   * addresses and the address that the request came to. That includes requests of a reverse proxy on
   * this machine: name the public host here if the proxy passes it on. `'*'` turns the check off, and
   * with it the protection from DNS rebinding.
   * @defaultValue `[]`
   */
  allowedHosts?: readonly string[] | '*';
  /**
   * Open pages; further ones get 503, and try again.
   * @defaultValue 10
   */
  viewers?: number;
  /**
   * Rows of the table: the first ones in its order. Sorting and filtering cover all sessions, and
   * the page says how many there are.
   * @defaultValue 100
   */
  rows?: number;
}

/** As in a `Host` header, without its port. */
const HOST_NAME = /^(?:[\w\-.]+|\[[\da-f:.]+\])$/i;

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
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(settings, name));
  if (unknown !== undefined) throw invalid(`unknown option ${unknown}`);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  Object.assign(settings, Object.fromEntries(given));
  const { allowClose, showMessages, allowedHosts, viewers, rows } = settings;
  // Without the compiler, a `'false'` from the environment would switch them on.
  if (typeof allowClose !== 'boolean') throw invalid('allowClose must be a boolean');
  if (typeof showMessages !== 'boolean') throw invalid('showMessages must be a boolean');
  const areNames =
    Array.isArray(allowedHosts) && allowedHosts.every((name) => HOST_NAME.test(String(name)));
  if (allowedHosts !== '*' && !areNames) {
    throw invalid("allowedHosts must be an array of names without a port, or '*'");
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
