// One immediate for all writers that wait to flush.
import { setImmediate } from '../util/timers.js';

/** Flushes once, after the events of this round of the loop. */
export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];

/**
 * Flushes `flushable` in the check phase of this round of the event loop.
 *
 * Everything that is sent before leaves with the same flush, even if a producer awaits each send.
 * All writers share one immediate: a broadcast to 1,000 sessions costs one, not 1,000.
 */
export function scheduleFlush(flushable: Flushable): void {
  if (waiting.push(flushable) === 1) setImmediate(flushAll);
}

function flushAll(): void {
  const due = waiting;
  waiting = [];
  for (const flushable of due) flushable.flush();
}
