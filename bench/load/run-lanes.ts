import type { Lane } from './lane.js';
import { patienceMs, type Verdict } from './verdict.js';

/**
 * Keeps all lanes busy for `ms`, then lets them finish. Resolves with the latencies in µs; an
 * answer that does not come is a verdict.
 */
export function runLanes(verdict: Verdict, lanes: readonly Lane[], ms: number): Promise<number[]> {
  const end = performance.now() + ms;
  const run = runLanesWhile(lanes, () => performance.now() < end);
  return verdict.within(ms + patienceMs, 'all answers', run);
}

/** The same, for as long as `goOn` says so. */
export function runLanesWhile(lanes: readonly Lane[], goOn: () => boolean): Promise<number[]> {
  return new Promise((resolve) => {
    const latencies: number[] = [];
    let busy = lanes.length;
    for (const lane of lanes) {
      const onDone = (micros: number) => {
        latencies.push(micros);
        if (goOn()) {
          lane.call(onDone);
          return;
        }
        busy -= 1;
        if (busy === 0) resolve(latencies);
      };
      lane.call(onDone);
    }
  });
}
