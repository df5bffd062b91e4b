/** A deadline for what can be aborted. */

/**
 * What `start` returns, or a rejection after `ms`. The signal is aborted then, and what comes
 * later is ignored.
 */
export function within<T>(
  ms: number,
  what: string,
  start: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      // [node] Timers run before what has come in over sockets: after a long pause of this
      // process, the answer that is there already must not lose to its deadline.
      setImmediate(() => {
        abort.abort();
        reject(new Error(`${what} took longer than ${Math.round(ms)} ms.`));
      });
    }, ms).unref();
    // The async function makes a rejection of what `start` throws.
    void (async () => start(abort.signal))()
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer);
      });
  });
}
