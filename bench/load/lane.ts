import { Calls } from './calls.js';
import type { LoadSession } from './load-session.js';
import type { Poster } from './poster.js';

/** One call after the other: the next begins when the last has both its 202 and its answer. */
export class Lane {
  #missing = 0;
  #began = 0;
  #onDone: (micros: number) => void = () => undefined;
  // Two closures for a lane's whole life, not for each call.
  readonly #onAccepted = () => {
    this.#arrived();
  };
  #answeredAt = 0;
  readonly #onAnswer = () => {
    this.#answeredAt = performance.now();
    this.#arrived();
  };

  /** `sessions` is asked for the session of each call. */
  constructor(
    private readonly poster: Poster,
    private readonly sessions: () => LoadSession,
  ) {}

  /** Tells how long the answer took, in µs. */
  call(onDone: (micros: number) => void): void {
    const session = this.sessions();
    if (!(session.receiver instanceof Calls)) throw new Error('this session takes no answers');
    this.#missing = 2;
    this.#onDone = onDone;
    const body = session.receiver.next(this.#onAnswer);
    this.#began = performance.now();
    this.poster.post(session.path, body, this.#onAccepted);
  }

  close(): void {
    this.poster.close();
  }

  #arrived(): void {
    this.#missing -= 1;
    if (this.#missing === 0) this.#onDone((this.#answeredAt - this.#began) * 1000);
  }
}
