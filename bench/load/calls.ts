import { argumentOf, callBody } from '../messages.js';
import type { Receiver } from './receiver.js';
import type { Verdict } from './verdict.js';

interface Answer {
  jsonrpc?: unknown;
  id?: unknown;
  error?: unknown;
  result?: { content?: { type?: unknown; text?: unknown }[]; protocolVersion?: unknown };
}

interface PendingCall {
  readonly text: string;
  readonly onAnswer: () => void;
}

/** The calls of one session that wait for their answers. */
export class Calls implements Receiver {
  #lastId = 1_000_000;
  #onInitialized: (() => void) | undefined;
  readonly #pending = new Map<number, PendingCall>();

  constructor(
    private readonly session: number,
    private readonly verdict: Verdict,
  ) {}

  /** A call's body; `onAnswer` is called once its answer came and is right. */
  next(onAnswer: () => void): string {
    const id = ++this.#lastId;
    const text = argumentOf(this.session, id);
    this.#pending.set(id, { text, onAnswer });
    return callBody(id, text);
  }

  expectInitialize(): Promise<void> {
    return new Promise((resolve) => {
      this.#onInitialized = resolve;
    });
  }

  receive(data: Buffer): void {
    const text = data.toString();
    const answer = JSON.parse(text) as Answer;
    if (answer.jsonrpc !== '2.0' || answer.error !== undefined || answer.result === undefined) {
      this.verdict.fail(`not a result: ${text}`);
    } else if (answer.id === 0) {
      this.#initialized(text, answer);
    } else {
      this.#answered(text, answer);
    }
  }

  #initialized(text: string, answer: Answer): void {
    if (this.#onInitialized === undefined || typeof answer.result?.protocolVersion !== 'string') {
      this.verdict.fail(`not the answer to initialize: ${text}`);
      return;
    }
    const onInitialized = this.#onInitialized;
    this.#onInitialized = undefined;
    onInitialized();
  }

  #answered(text: string, answer: Answer): void {
    const id = Number(answer.id);
    const call = this.#pending.get(id);
    const content = answer.result?.content;
    const [first] = content ?? [];
    if (call === undefined) {
      this.verdict.fail(`session ${this.session} asked no such thing, or got it twice: ${text}`);
    } else if (content?.length !== 1 || first?.type !== 'text' || first.text !== call.text) {
      this.verdict.fail(`wrong answer to call ${id} of session ${this.session}: ${text}`);
    } else {
      this.#pending.delete(id);
      call.onAnswer();
    }
  }
}
