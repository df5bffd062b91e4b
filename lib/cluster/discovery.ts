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
  /** Whether the adapter counts more nodes than this one has heard; undefined if it counts none. */
  readonly missesSomebody: boolean | undefined;
  /** The node of that name; undefined if it was never heard. */
  peer(name: string): unknown;
}

/** Waits for the other nodes to answer one that has just begun, or was out of reach. */
export class Discovery {
  readonly #node: Newcomer;
  #waiting: Promise<void> | undefined;
  /** The waits for nodes that clients have named, by the name. */
  readonly #awaited = new Map<string, Promise<void>>();
  #check: Promise<void> | undefined;

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

  /**
   * Resolves when the node of that name is heard, or would be late. Undefined once it was heard,
   * after that time, while the adapter is out of reach, and if it counts no more nodes than were
   * heard. Only what needs that node waits so long: clients can invent names.
   */
  of(name: string): Promise<void> | undefined {
    const waiting = this.#awaited.get(name);
    if (waiting || !this.#mayCome(name)) return waiting;
    const heard = this.#waitFor(name);
    this.#awaited.set(name, heard);
    void heard.then(() => this.#awaited.delete(name));
    return heard;
  }

  get #goesOn(): boolean {
    const { up, begins, upSince, missesSomebody } = this.#node;
    const ms = performance.now() - upSince;
    if (!up) return begins && ms < LATE_MS;
    return ms < ANSWER_MS || (ms < LATE_MS && missesSomebody === true);
  }

  #mayCome(name: string): boolean {
    const { up, upSince, missesSomebody } = this.#node;
    if (!up || missesSomebody === false || performance.now() - upSince >= LATE_MS) return false;
    return this.#node.peer(name) === undefined;
  }

  async #wait(): Promise<void> {
    while (this.#goesOn) await this.#nextCheck();
  }

  async #waitFor(name: string): Promise<void> {
    while (this.#mayCome(name)) await this.#nextCheck();
  }

  /** One timer for all that wait. */
  #nextCheck(): Promise<void> {
    this.#check ??= pause(CHECK_MS, { keepsAlive: true }).then(() => (this.#check = undefined));
    return this.#check;
  }
}
