import { deferred } from './deferred.js';

/** A function that throws `error`. */
export function throwing(error: Error): () => never {
  return () => {
    throw error;
  };
}

/** A function whose promise rejects with `reason`, which need not be an error. */
export function rejecting(reason: unknown): () => Promise<never> {
  return () => {
    const { promise, reject } = deferred<never>();
    reject(reason);
    return promise;
  };
}

/** A function whose promise never settles. */
export function hanging(): Promise<never> {
  return deferred<never>().promise;
}
