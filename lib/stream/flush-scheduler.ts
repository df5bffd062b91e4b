// One immediate for all writers that wait to flush.
import { setImmediate } from '../util/timers.js';

/** Something that wants one turn after the events of this round of the loop are handled. */
export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];

/**
 * Gives `taker` its turn in the check phase of this round of the event loop.
 *
 * Whatever is sent before that, also by a producer that awaits each send, goes out with the same
 * turn. All writers share one immediate: a broadcast to 1,000 sessions costs one, not 1,000.
 */
export function scheduleFlush(taker: Flushable): void {
  if (waiting.push(taker) === 1) setImmediate(flushAll);
}

function flushAll(): void {
  const turns = waiting;
  waiting = [];
  for (const taker of turns) taker.flush();
}
