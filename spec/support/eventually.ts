/** Resolves as soon as `holds` does; fails with `what` after a deadline that is never tight. */
export async function eventually(
  holds: () => boolean,
  what = 'the condition',
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`${what} did not come about`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
