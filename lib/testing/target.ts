// Finds or starts the server of a session.
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';

import { within } from './clock.js';

/**
 * The target of `openSession`: an Express application or any other request listener, a `node:http`
 * server that listens or is about to, or a base URL.
 */
export type Target = RequestListener | Server | string | URL;

/** A target that is being served. */
export interface ServedTarget {
  /** The base URL, without a slash at the end. */
  readonly url: string;
  /** The server, if it runs in this process. */
  readonly server: Server | undefined;
  /** Closes what was started here. */
  stop(): Promise<void>;
}

const nothingToStop = async (): Promise<void> => undefined;

export async function serveTarget(target: Target, timeoutMs: number): Promise<ServedTarget> {
  if (typeof target === 'string' || target instanceof URL) {
    return { url: baseOf(target), server: undefined, stop: nothingToStop };
  }
  if (typeof target !== 'function') {
    await listening(target, timeoutMs);
    return { url: urlOf(target), server: target, stop: nothingToStop };
  }
  const server = createServer(target);
  server.listen(0, '127.0.0.1');
  await listening(server, timeoutMs);
  return { url: urlOf(server), server, stop: () => stopped(server) };
}

/**
 * Waits for the server. [node] `listen()` looks up the address first, and listens a moment later.
 */
async function listening(server: Server, timeoutMs: number): Promise<void> {
  if (server.listening) return;
  const enough = new AbortController();
  const late = (): Error =>
    new Error('openSession: the server is not listening: call listen() first');
  const ready = once(server, 'listening', { signal: enough.signal });
  await within(ready, timeoutMs, late).finally(() => {
    enough.abort();
  });
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new TypeError('openSession: the server must listen on a TCP port');
  }
  const { family, port } = address;
  // A server on all addresses is reached over loopback, which every machine has.
  const host = /^(::|0\.0\.0\.0)$/.test(address.address) ? '127.0.0.1' : address.address;
  return `http://${family === 'IPv6' && host.includes(':') ? `[${host}]` : host}:${port}`;
}

function baseOf(target: string | URL): string {
  const { origin, pathname } = new URL(target);
  return origin + pathname.replace(/\/$/, '');
}

/** Stops the server and cuts its connections, which are all of this test. */
function stopped(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
