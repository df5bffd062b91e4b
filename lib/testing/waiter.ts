import { alarm } from './clock.js';
import type { ReceivedEvent } from '../wire/sse-parser.js';
import type { ReceivedMessage, Wanted } from './message.js';

/** A message together with the event that brought it. */
export interface Delivery {
  readonly message: ReceivedMessage;
  readonly event: ReceivedEvent;
}

/** The message, or what its match has thrown; undefined when none will come. */
type Outcome = ReceivedMessage | Promise<never> | undefined;

/** Somebody who waits for a letter. */
export class Waiter {
  readonly #wanted: Wanted;
  readonly #settle: (outcome: Outcome) => void;
  #pending = true;

  constructor(wanted: Wanted, timeoutMs: number, resolve: (outcome: Outcome) => void) {
    this.#wanted = wanted;
    const over = alarm(timeoutMs, () => {
      this.giveUp();
    });
    this.#settle = (outcome) => {
      this.#pending = false;
      over();
      resolve(outcome);
    };
  }

  get pending(): boolean {
    return this.#pending;
  }

  /** Whether it takes the letter; it takes one at most. */
  offer({ message, event }: Delivery): boolean {
    if (!this.#pending) return false;
    try {
      if (!this.#wanted.matches(message, event)) return false;
      this.#settle(message);
      return true;
    } catch (error) {
      // The test's own function threw: that is the test's to see, not the parser's.
      this.#settle(Promise.reject(error instanceof Error ? error : new Error(String(error))));
      return false;
    }
  }

  giveUp(): void {
    if (this.#pending) this.#settle(undefined);
  }
}
