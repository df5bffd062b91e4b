import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess } from '../server/server-process.js';

/** Resolves once the server has noticed that all its clients left, but for so many. */
export async function sessionsGone(server: ServerProcess, staying = 0): Promise<void> {
  const deadline = performance.now() + 20_000;
  const leaving = async () => (await server.order('count')) - staying;
  for (let left = await leaving(); left > 0; left = await leaving()) {
    if (performance.now() > deadline) {
      throw new Error(`${server.subject}: ${left} sessions are left after all clients are gone`);
    }
    await sleep(20);
  }
}
