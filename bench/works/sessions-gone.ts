import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess } from '../server/server-process.js';

/** Resolves once the server has noticed that all its clients left. */
export async function sessionsGone(server: ServerProcess): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (let open = await server.order('count'); open > 0; open = await server.order('count')) {
    if (performance.now() > deadline) {
      throw new Error(`${server.subject}: ${open} sessions are left after all clients are gone`);
    }
    await sleep(20);
  }
}
