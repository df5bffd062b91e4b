// Waits for the other nodes to answer one that has just begun.
import { pause } from '../util/promises.js';
import { performance } from '../util/timers.js';

/** Nodes answer the first heartbeat of a new node at once, or a little later if they are busy. */
const ANSWER_MS = 300;
const LATE_MS = 3_000;
const CHECK_MS = 20;

/** The contact of the node that looks for the others. */
export interface Newcomer {
  readonly up: boolean;
  /** Whether it joins its adapter for the first time, without a failure so far. */
  readonly begins: boolean;
  /** When it began, or came into reach of the adapter, or out of it, by `performance.now()`. */
  readonly upSince: number;
  /** Whether the adapter counts more nodes than this one has heard. */
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
   * Resolves when this node has joined its adapter and the others have had time to answer its first
   * heartbeat: a little longer if the adapter counts more nodes than have answered. Undefined after
   * that, and while the adapter is out of reach.
   */
  over(): Promise<void> | undefined {
    if (this.#waiting || !this.#goesOn) return this.#waiting;
    this.#waiting = this.#wait();
    // Registered first: later calls must not overtake those that have waited.
    void this.#waiting.then(() => (this.#waiting = undefined));
    return this.#waiting;
  }

  get #goesOn(): boolean {
    const { up, begins, upSince, missesSomebody } = this.#node;
    const ms = performance.now() - upSince;
    if (!up) return begins && ms < LATE_MS;
    return ms < ANSWER_MS || (ms < LATE_MS && missesSomebody);
  }

  async #wait(): Promise<void> {
    while (this.#goesOn) await pause(CHECK_MS, { keepsAlive: true });
  }
}
