// The `fetch` for each way in which an application listens.
import { createRequire } from 'node:module';

import type { Listening } from './app-process.js';

export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

interface Undici {
  readonly Agent: new (options: object) => { destroy(): Promise<void> };
  readonly fetch: (url: string | URL, init: object) => Promise<Response>;
}

export interface Way {
  readonly origin: string;
  readonly fetch: Fetch;
  readonly close: () => Promise<void>;
}

/** Node's own `fetch` for plain HTTP; undici's, from `place`, where it needs a setting. */
export function fetchFor({ scheme, port, socketPath }: Listening, place: string): Way {
  if (scheme === 'http' && socketPath === undefined) {
    const origin = `http://127.0.0.1:${String(port)}`;
    return { origin, fetch: (url, init) => fetch(url, init), close: async () => undefined };
  }
  const { Agent, fetch: fetchBy } = createRequire(place)('undici') as Undici;
  const connect = socketPath === undefined ? { rejectUnauthorized: false } : { socketPath };
  const dispatcher = new Agent({ connect, allowH2: scheme === 'http2' });
  const origin =
    socketPath === undefined ? `https://localhost:${String(port)}` : 'http://localhost';
  return {
    origin,
    fetch: (url, init) => fetchBy(url, { ...init, dispatcher }),
    close: () => dispatcher.destroy(),
  };
}
