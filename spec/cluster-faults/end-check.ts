import type { NodeSession } from './requests.js';

/** A client, and the session that it is in. */
export interface ClientPlace {
  readonly name: string;
  readonly sessionId: string | undefined;
}

/**
 * What is wrong with the sessions of all nodes while all clients are connected: each client has one,
 * with a stream, at one node, and no other session has a stream.
 */
export function sessionFaults(
  clients: readonly ClientPlace[],
  nodes: readonly (readonly NodeSession[])[],
): string[] {
  const faults: string[] = [];
  const sessions = nodes.flat();
  for (const { name, sessionId } of clients) {
    const found = sessions.filter(({ id }) => id === sessionId);
    if (found.length !== 1) faults.push(`the session of ${name} is at ${found.length} nodes`);
    else if (found[0]?.open === false) faults.push(`the session of ${name} has no stream`);
  }
  const held = new Set(clients.map(({ sessionId }) => sessionId));
  for (const { id, open } of sessions) {
    if (open && !held.has(id)) faults.push(`session ${id} has a stream, and no client`);
  }
  return faults;
}
