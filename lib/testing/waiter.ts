// One wait of a test for a message.
import { alarm } from './clock.js';
import { isInstance, messageOf } from '../util/foreign-error.js';
import type { ReceivedEvent } from '../wire/sse-parser.js';
import type { ReceivedMessage, Wanted } from './message.js';

/** A message together with the event that brought it. */
export interface Delivery {
  readonly message: ReceivedMessage;
  readonly event: ReceivedEvent;
}

/** The message, or a rejection with the throw of `matches`; undefined if no message will come. */
type Outcome = ReceivedMessage | Promise<never> | undefined;

/** Waits for one delivery until its deadline. */
export class Waiter {
  readonly #wanted: Wanted;
  readonly #settle: (outcome: Outcome) => void;
  #pending = true;

  constructor(wanted: Wanted, timeoutMs: number, resolve: (outcome: Outcome) => void) {
    this.#wanted = wanted;
    const cancel = alarm(timeoutMs, () => {
      this.giveUp();
    });
    this.#settle = (outcome) => {
      this.#pending = false;
      cancel();
      resolve(outcome);
    };
  }

  get pending(): boolean {
    return this.#pending;
  }

  /** Whether it claims the delivery. It claims one at most. */
  offer({ message, event }: Delivery): boolean {
    if (!this.#pending) return false;
    try {
      if (!this.#wanted.matches(message, event)) return false;
      this.#settle(message);
      return true;
    } catch (error) {
      // The test's own function threw: the wait rejects, and the parser goes on.
      const failure = isInstance(error, Error) ? error : new Error(messageOf(error));
      this.#settle(Promise.reject(failure));
      return false;
    }
  }

  giveUp(): void {
    if (this.#pending) this.#settle(undefined);
  }
}
