import type { McpSseError } from '../../lib/index.js';

/** What has become of a promise by now, for those who must not wait for it. */
export interface Outcome<T> {
  state: 'pending' | 'resolved' | 'rejected';
  value?: T;
  error?: unknown;
  /** The error's code, where it is one of this package. */
  readonly code: string | undefined;
}

/** Watches `promise` without waiting for it. */
export function outcomeOf<T>(promise: Promise<T>): Outcome<T> {
  const outcome: Outcome<T> = {
    state: 'pending',
    get code() {
      return (this.error as Partial<McpSseError> | undefined)?.code;
    },
  };
  promise.then(
    (value) => Object.assign(outcome, { state: 'resolved', value }),
    (error: unknown) => Object.assign(outcome, { state: 'rejected', error }),
  );
  return outcome;
}
