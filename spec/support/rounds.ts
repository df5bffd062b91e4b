import { setImmediate as immediate } from 'node:timers/promises';

/** Lets the event loop go round: every turn that is due by now is taken, and its promises run. */
export async function rounds(count = 1): Promise<void> {
  for (let round = 0; round < count; round += 1) await immediate();
}
