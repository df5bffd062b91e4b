/** What a session's stream must bring. Anything else, more or less, fails the run. */
import { isDeepStrictEqual } from 'node:util';
import { answerText, argumentOf, callBody, firstSeq, notification } from '../messages.js';
import type { Verdict } from './verdict.js';

/** Takes the messages of a stream, and checks each. */
export interface Receiver {
  receive(data: string): void;
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

  receive(data: string): void {
    const { id, method, result } = JSON.parse(data) as Record<string, unknown>;
    if (method === 'notifications/message') return; // mcp-proxy logs that it is there.
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    if (call && result && isDeepStrictEqual(result, call.result ?? result)) call.onAnswer();
    else {
      const what = call === undefined ? 'asked no such thing, or got it twice' : 'wrong answer';
      this.verdict.fail(`session ${this.session}: ${what}: ${data.slice(0, 300)}`);
    }
  }
}

/** Checks that a session gets its own notifications, every one, once, in order, whole. */
export class Sequence implements Receiver {
  #seq = firstSeq;
  readonly #before: string;
  readonly #after: string;

  constructor(
    session: number,
    bytes: number,
    private readonly verdict: Verdict,
    private readonly onEvent: () => void,
  ) {
    const first = JSON.stringify(notification(session, 0, bytes));
    [this.#before = '', this.#after = ''] = first.split(String(firstSeq));
  }

  receive(data: string): void {
    // To parse each event would cost more than some servers take to send it.
    const expected = `${this.#before}${this.#seq++}${this.#after}`;
    if (data === expected) this.onEvent();
    else this.verdict.fail(`not ${expected} but ${data.slice(0, 500)}`);
  }
}
