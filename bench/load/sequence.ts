import { isDeepStrictEqual } from 'node:util';
import { notification } from '../messages.js';
import type { Receiver } from './receiver.js';
import type { Tally } from './tally.js';
import type { Verdict } from './verdict.js';

const zero = 48;
const nine = 57;

/** Checks that a session gets its own notifications, every one, once, in order, whole. */
export class Sequence implements Receiver {
  #seq = 0;
  readonly #expected: Buffer;
  /** The last digit of the sequence number. */
  readonly #lastDigit: number;

  constructor(
    private readonly session: number,
    private readonly bytes: number,
    private readonly tally: Tally,
    private readonly verdict: Verdict,
  ) {
    this.#expected = Buffer.from(JSON.stringify(notification(session, 0, bytes)));
    this.#lastDigit = this.#expected.indexOf(',"pad"') - 1;
  }

  receive(data: Buffer): void {
    // Byte for byte first: to parse each event would cost more than some servers take to send it.
    if (!data.equals(this.#expected) && !this.#means(data)) {
      this.verdict.fail(
        `session ${this.session} expected event ${this.#seq} ` +
          `(${this.#expected.toString('latin1', 0, 140)}) and got: ${data.toString('latin1', 0, 140)}`,
      );
      return;
    }
    this.#seq += 1;
    this.#countUp();
    this.tally.one();
  }

  /** The same message with its keys in another order will do. */
  #means(data: Buffer): boolean {
    const message: unknown = JSON.parse(data.toString());
    return isDeepStrictEqual(message, notification(this.session, this.#seq, this.bytes));
  }

  #countUp(): void {
    let at = this.#lastDigit;
    while (this.#expected[at] === nine) this.#expected[at--] = zero;
    this.#expected[at] = (this.#expected[at] ?? zero) + 1;
  }
}
