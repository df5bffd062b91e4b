import { Agent as HttpAgent, request } from 'node:http';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';

/** As the client transport of the SDK takes it. */
export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

export interface Pool {
  readonly fetch: Fetch;
  close(): unknown;
}

/** A pool closes a stream on which nothing has arrived for this long. */
const READ_TIMEOUT_MS = 20_000;
/** One for the stream, and one that all POSTs have to share. */
const CONNECTIONS = 2;

interface Undici {
  readonly Agent: new (options: object) => { close(): Promise<void>; destroy(): Promise<void> };
  readonly fetch: (url: string | URL, init: object) => Promise<Response>;
}

/** undici's pool; `place` is where the package is installed. */
export function undiciPool(place: string): Pool {
  const { Agent, fetch } = createRequire(place)('undici') as Undici;
  const dispatcher = new Agent({ connections: CONNECTIONS, bodyTimeout: READ_TIMEOUT_MS });
  return {
    fetch: (url, init) => fetch(url, { ...init, dispatcher }),
    close: () => dispatcher.destroy(),
  };
}

/** The pool of `node:http`. */
export function httpPool(): Pool {
  const agent = new HttpAgent({ keepAlive: true, maxSockets: CONNECTIONS });
  return {
    fetch: (url, init = {}) =>
      new Promise((resolve, reject) => {
        const headers = Object.fromEntries(new Headers(init.headers));
        const { method = 'GET', signal } = init;
        const options = { agent, method, headers, timeout: READ_TIMEOUT_MS };
        const req = request(url, { ...options, ...(signal && { signal }) }, (res) => {
          const entries = Object.entries(res.headers).map(([k, v]) => [k, String(v)]);
          const answer = { status: res.statusCode ?? 0, headers: Object.fromEntries(entries) };
          // A body that is cancelled costs its connection, so an empty one is read here.
          const empty = res.headers['content-length'] === '0';
          if (empty) res.resume();
          const body = empty ? null : (Readable.toWeb(res) as ReadableStream<Uint8Array>);
          resolve(new Response(body, answer));
        });
        req.on('timeout', () => req.destroy(new Error('nothing was read for too long')));
        req.on('error', reject);
        req.end(init.body as string | undefined);
      }),
    close: () => {
      agent.destroy();
    },
  };
}
