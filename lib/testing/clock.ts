import timers from 'node:timers';

// Kept from before any test fakes them: a wait for a real socket ends by the real clock.
const { setTimeout: start, clearTimeout: stop } = timers;

/** The longest delay that a timer takes; a longer one would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Calls `late` after `ms`, unless the function that it returns is called before. */
export function alarm(ms: number, late: () => void): () => void {
  const timer = start(late, Math.min(ms, MAX_DELAY_MS));
  return () => {
    stop(timer);
  };
}

/** What `work` gives, or a rejection with `late()` once `ms` have passed. */
export function within<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const settled = alarm(ms, () => {
      reject(late());
    });
    work.then(resolve, reject).finally(settled);
  });
}
