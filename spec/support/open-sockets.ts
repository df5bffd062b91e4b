import type { Server } from 'node:http';

import { eventually } from './eventually.js';

/** Node closes a connection that waits for its next request after five seconds. */
const PATIENCE_MS = 20_000;

/** The TCP servers and sockets of this process, as a sorted list. */
export function openSockets(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => /TCP|GetAddrInfo/.test(name))
    .sort();
}

/** How many connections a server has. */
export function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error) reject(error);
      else resolve(count);
    });
  });
}

/** Resolves once the server has so many connections at most; those that wait for a next request are closed. */
export async function untilConnections(server: Server, count: number): Promise<void> {
  let open = -1;
  await eventually(
    () => {
      server.closeIdleConnections();
      void connectionsOf(server).then((now) => (open = now));
      return open >= 0 && open <= count;
    },
    `the end of all connections but ${count}`,
    PATIENCE_MS,
  );
}
