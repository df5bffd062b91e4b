// Waits for the other nodes to answer one that has just begun.
import { performance, setTimeout } from '../util/timers.js';

/** Others answer the first heartbeat of a new node at once; who is busy takes longer. */
const ANSWER_MS = 300;
const LATE_MS = 1_500;
const CHECK_MS = 20;

/** The node that looks for the others. */
export interface Newcomer {
  readonly up: boolean;
  /** When it came into reach of the adapter, or out of it, on the clock of `performance.now()`. */
  readonly upSince: number;
  /** Whether the adapter counts more nodes than were heard. */
  readonly missesSomebody: boolean;
}

/** Waits for the other nodes to answer one that has just begun, or was out of reach. */
export class Discovery {
  readonly #node: Newcomer;
  #waiting: Promise<void> | undefined;

  constructor(node: Newcomer) {
    this.#node = node;
  }

  /**
   * Resolves when the others have had the time to answer the first heartbeat: a little longer where
   * the adapter counts more of them than have. Undefined once that is so, or out of reach.
   */
  over(): Promise<void> | undefined {
    if (this.#waiting || !this.#goesOn) return this.#waiting;
    this.#waiting = this.#wait();
    // First of all that follows, so that nothing overtakes what has waited.
    void this.#waiting.then(() => (this.#waiting = undefined));
    return this.#waiting;
  }

  get #goesOn(): boolean {
    const { up, upSince, missesSomebody } = this.#node;
    const ms = performance.now() - upSince;
    return up && (ms < ANSWER_MS || (ms < LATE_MS && missesSomebody));
  }

  async #wait(): Promise<void> {
    while (this.#goesOn) await new Promise<void>((resolve) => setTimeout(resolve, CHECK_MS));
  }
}
