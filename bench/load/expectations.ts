/** What a session's stream must bring. Anything else, more or less, fails the run. */
import { isDeepStrictEqual } from 'node:util';
import { answerText, argumentOf, callBody, notification } from '../messages.js';
import type { Verdict } from './verdict.js';

/** Takes the messages of a stream, and checks each. The bytes are valid during the call only. */
export interface Receiver {
  receive(data: Buffer): void;
}

/** The requests of one session that wait for their answers. */
export class Calls implements Receiver {
  #lastId = 1_000_000;
  readonly #pending = new Map<unknown, { result?: object; onAnswer: () => void }>();

  constructor(
    private readonly session: number,
    private readonly verdict: Verdict,
  ) {}

  /** A call's body; `onAnswer` is called once its answer came and is right. */
  next(answerBytes: number | undefined, onAnswer: () => void): string {
    const id = ++this.#lastId;
    const text = argumentOf(this.session, id);
    const result = { content: [{ type: 'text', text: answerText(text, answerBytes) }] };
    this.#pending.set(id, { result, onAnswer });
    return callBody(id, text, answerBytes);
  }

  /** The answer to `initialize`, which has the id 0. */
  initialized(): Promise<void> {
    return new Promise((resolve) => this.#pending.set(0, { onAnswer: resolve }));
  }

  receive(data: Buffer): void {
    const { id, result } = JSON.parse(data.toString()) as Record<string, unknown>;
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    if (call && result && isDeepStrictEqual(result, call.result ?? result)) call.onAnswer();
    else {
      const what = call === undefined ? 'asked no such thing, or got it twice' : 'wrong answer';
      this.verdict.fail(`session ${this.session}: ${what}: ${data.toString('utf8', 0, 300)}`);
    }
  }
}

const [zero, nine] = [48, 57];

/** Checks that a session gets its own notifications, every one, once, in order, whole. */
export class Sequence implements Receiver {
  readonly #expected: Buffer;
  /** Where the last digit of the sequence number is. */
  readonly #lastDigit: number;

  constructor(
    session: number,
    bytes: number,
    private readonly verdict: Verdict,
    private readonly onEvent: () => void,
  ) {
    this.#expected = Buffer.from(JSON.stringify(notification(session, 0, bytes)));
    this.#lastDigit = this.#expected.indexOf(',"session"') - 1;
  }

  receive(data: Buffer): void {
    // To parse each event would cost more than some servers take to send it.
    if (!data.equals(this.#expected)) {
      this.verdict.fail(`not ${this.#expected.toString()} but ${data.toString('utf8', 0, 500)}`);
      return;
    }
    let at = this.#lastDigit;
    while (this.#expected[at] === nine) this.#expected[at--] = zero;
    this.#expected[at] = (this.#expected[at] ?? zero) + 1;
    this.onEvent();
  }
}
