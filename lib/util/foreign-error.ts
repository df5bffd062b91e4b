// Reads errors that other code has thrown, which may throw themselves when they are read.
// No function here throws, whatever it gets: an error without a constructor, a getter that throws,
// a proxy whose traps throw.

/** The result of `read`, or `fallback` where it throws. */
export function attempt<T>(read: () => T, fallback: T): T {
  try {
    return read();
  } catch {
    return fallback;
  }
}

/** `value instanceof type`; false where that throws, as for a revoked proxy. */
export function isInstance<T>(
  value: unknown,
  type: abstract new (...args: never[]) => T,
): value is T {
  return attempt(() => value instanceof type, false);
}

/** The message of an error, or the text of anything else. It may quote a client's input. */
export function messageOf(thrown: unknown): string {
  const read = (): unknown => (thrown instanceof Error ? thrown.message : String(thrown));
  const message = attempt(read, undefined);
  return typeof message === 'string' ? message : 'what was thrown cannot be read';
}

/** How many errors of a chain of causes are reported. */
const MAX_CAUSES = 5;

/**
 * The stacks of an error and its causes; each begins with the class and the message. An error
 * without a stack is reported by its message. They may quote a client's input.
 */
export function stackOf(thrown: unknown): string {
  const stacks: string[] = [];
  let current = thrown;
  while (current !== undefined && stacks.length < MAX_CAUSES) {
    const error = current;
    if (!isInstance(error, Error)) return [...stacks, messageOf(error)].join('\ncaused by ');
    const stack = attempt<unknown>(() => error.stack, undefined);
    stacks.push(typeof stack === 'string' && stack !== '' ? stack : messageOf(error));
    current = attempt(() => error.cause, undefined);
  }
  return stacks.join('\ncaused by ');
}
