import { Fleet } from '../load/fleet.js';
import type { LoadSession } from '../load/load-session.js';
import type { ServerProcess } from '../server/server-process.js';

/** Opens sessions that are numbered as the server numbers them, for messages that it begins. */
export async function openNumbered(
  server: ServerProcess,
  count: number,
): Promise<{ fleet: Fleet; numbered: LoadSession[] }> {
  const fleet = new Fleet(server.port, server.verdict);
  await fleet.open(count);
  // A peer that only pushes cannot shake hands.
  if (server.subject !== 'better-sse') await fleet.initialize();
  const byId = new Map(fleet.sessions.map((session) => [session.id, session]));
  const ids = await server.order('enrol');
  const numbered = ids.map((id) => {
    const session = byId.get(id);
    if (session === undefined) throw new Error(`${server.subject}: unknown session id ${id}`);
    return session;
  });
  if (numbered.length !== count) {
    throw new Error(`${server.subject}: ${numbered.length} sessions of ${count} are open`);
  }
  return { fleet, numbered };
}
