import { setTimeout as pause } from 'node:timers/promises';

/** Resolves as soon as `lacks` returns undefined; rejects with what it says after a deadline. */
export async function until(
  lacks: () => string | undefined | Promise<string | undefined>,
  timeoutMs = 30_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const lack = await lacks();
    if (lack === undefined) return;
    if (performance.now() > deadline) throw new Error(`after ${timeoutMs} ms still: ${lack}`);
    await pause(20);
  }
}

/** `work`, or a rejection that names `what` once `ms` have passed. */
export async function within<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  const settled = new AbortController();
  const late = pause(ms, undefined, { signal: settled.signal }).then(() => {
    throw new Error(`${what}: not within ${ms} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    settled.abort();
  }
}
