// Tells clients by HTTP that the upstream refuses their token, so that they can get another one.
import { McpSseError } from '../errors.js';
import { ignoreRejection } from '../util/promises.js';
import { bearerChallenge } from './challenge.js';
import type { HeaderRecord } from './forwarded-headers.js';
import { refusal, type HopError } from './hop-error.js';
import type { BridgeSettings } from './options.js';

/** Milliseconds that a new stream waits for the upstream to accept or refuse its caller. */
const ASK_MS = 3_000;
/** Any request would do: an upstream that refuses a caller does so before it reads the message. */
const QUESTION = JSON.stringify({ jsonrpc: '2.0', id: 'bridge', method: 'ping' });

/** Whether a client can act on a challenge: only if its token goes to the upstream. */
export const mayChallenge = ({ upstream, forwardHeaders, headers }: BridgeSettings): boolean =>
  upstream instanceof URL &&
  forwardHeaders.includes('authorization') &&
  !Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');

/** The refusal of a caller, with the part of the challenge that the client may see. */
export function refusalOf(response: Response, settings: BridgeSettings): HopError {
  const { status, headers } = response;
  const given = headers.get('www-authenticate');
  const challenge =
    mayChallenge(settings) && settings.upstream instanceof URL
      ? bearerChallenge(status === 401 ? (given ?? 'Bearer') : given, settings.upstream)
      : undefined;
  return refusal(status, { wwwAuthenticate: challenge });
}

/**
 * Asks an upstream whether it would refuse a caller with these headers. An upstream that is
 * unreachable or slow counts as accepting: the request that needs it fails later.
 *
 * @throws HopError (as a rejection), which `asHttp` makes an HTTP answer
 */
export async function askForCaller(settings: BridgeSettings, caller: HeaderRecord): Promise<void> {
  if (!mayChallenge(settings) || !(settings.upstream instanceof URL)) return;
  const headers = new Headers({
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    ...caller,
  });
  for (const [name, value] of Object.entries(settings.headers)) headers.set(name, value);
  const asked = (settings.fetch ?? fetch)(settings.upstream, {
    method: 'POST',
    headers,
    body: QUESTION,
    redirect: 'manual',
    signal: AbortSignal.timeout(ASK_MS),
  });
  const response = await asked.catch(() => undefined);
  if (!response) return;
  void ignoreRejection(response.body?.cancel() ?? Promise.resolve());
  if (response.status !== 401 && response.status !== 403) return;
  const error = refusalOf(response, settings);
  if (error.wwwAuthenticate !== undefined) throw error;
}

/** The refusal as an HTTP answer; undefined if the client can do nothing about it. */
export function asHttp({ status, wwwAuthenticate }: HopError): McpSseError | undefined {
  if (wwwAuthenticate === undefined) return undefined;
  const isScope = wwwAuthenticate.includes('error="insufficient_scope"');
  const code = status === 401 ? 'unauthorized' : isScope ? 'insufficient-scope' : 'forbidden';
  const message = 'The upstream refuses this token';
  return new McpSseError(code, message, { challenge: wwwAuthenticate });
}

/**
 * Remembers a token that the upstream refused within a session. The POST that carried it already
 * has its answer, so the next request with the same token gets the refusal, once.
 */
export class RefusedToken {
  #token: string | undefined;
  #error: McpSseError | undefined;

  note(token: string | undefined, error: HopError): void {
    this.#token = token;
    this.#error = asHttp(error);
  }

  /** @throws McpSseError `unauthorized`, `insufficient-scope` or `forbidden` */
  check(token: string | undefined): void {
    const error = this.#error;
    this.#error = undefined;
    if (error && token === this.#token) throw error;
  }
}
