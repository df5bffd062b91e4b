export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves as soon as `lacks` has nothing to say; fails with what it says after a deadline. */
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
