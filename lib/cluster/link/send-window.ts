import type { Ack, LinkPacket } from './packet.js';

/** Characters that one frame carries at most, unless a single message is longer. */
const FRAME_CHARS = 64 * 1024;
/** Characters that may be on their way unacknowledged. */
const WINDOW_CHARS = 1024 * 1024;

/** A message on its way to another node. */
export interface Segment {
  body: string;
  /** In how many frames it was handed over that may have arrived. */
  transmissions: number;
}

/**
 * The sending half of a link: numbers the messages and keeps each until it is acknowledged. What
 * a frame carries is known by its segments, so that one that nobody took can be told from one that
 * may have arrived.
 */
export class SendWindow {
  #epoch: number;
  /** Numbered and not acknowledged, the oldest first. */
  #sent: Segment[] = [];
  #sentChars = 0;
  #firstSent = 1;
  #waiting: Segment[] = [];
  #waitingChars = 0;

  /** @param epoch larger than any that the peer has seen from this node */
  constructor(epoch = 1) {
    this.#epoch = epoch;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Characters of what is not acknowledged. */
  get chars(): number {
    return this.#sentChars + this.#waitingChars;
  }

  get isIdle(): boolean {
    return this.#sent.length === 0 && this.#waiting.length === 0;
  }

  get awaitsAck(): boolean {
    return this.#sent.length > 0;
  }

  push(body: string): Segment {
    const segment: Segment = { body, transmissions: 0 };
    this.#waiting.push(segment);
    this.#waitingChars += body.length;
    return segment;
  }

  /** Takes a message back. Its number, if it has one, stays: nothing goes in its place. */
  withdraw(segment: Segment): void {
    if (this.#sent.includes(segment)) this.#sentChars -= segment.body.length;
    else this.#waitingChars -= segment.body.length;
    segment.body = '';
  }

  /** Whether the acknowledgement takes anything off. */
  acknowledged({ epoch, cursor }: Ack): boolean {
    // One of an earlier epoch, or one that was overtaken by another.
    if (epoch !== this.#epoch || cursor < this.#firstSent) return false;
    const count = Math.min(cursor + 1 - this.#firstSent, this.#sent.length);
    for (const { body } of this.#sent.splice(0, count)) this.#sentChars -= body.length;
    this.#firstSent += count;
    return count > 0;
  }

  /** What was never sent and fits into the window, in frames. */
  fresh(): Batch[] {
    const begin = this.#sent.length;
    let count = 0;
    for (const { body } of this.#waiting) {
      // One that is longer goes alone.
      if (this.#sentChars > 0 && this.#sentChars + body.length > WINDOW_CHARS) break;
      this.#waitingChars -= body.length;
      this.#sentChars += body.length;
      count += 1;
    }
    this.#sent.push(...this.#waiting.splice(0, count));
    return this.#packed(begin);
  }

  /** All that is not acknowledged once more, in frames. */
  again(): Batch[] {
    return this.#packed(0);
  }

  /** Gives up everything and begins to number anew. */
  restart(): void {
    this.#epoch += 1;
    this.#sent = [];
    this.#sentChars = 0;
    this.#firstSent = 1;
    this.#waiting = [];
    this.#waitingChars = 0;
  }

  /** What was numbered, but for the first so many, in frames. */
  #packed(begin: number): Batch[] {
    const batches: Batch[] = [];
    let segments: Segment[] = [];
    // There is no frame yet.
    let room = -1;
    for (const [index, segment] of this.#sent.slice(begin).entries()) {
      if (segment.body.length > room) {
        segments = [];
        room = FRAME_CHARS;
        batches.push(new Batch(this.#epoch, this.#firstSent + begin + index, segments));
      }
      segments.push(segment);
      room -= segment.body.length;
    }
    return batches;
  }
}

/** Some consecutive messages, to be sent in one frame. */
export class Batch {
  readonly #segments: readonly Segment[];

  constructor(
    readonly epoch: number,
    readonly first: number,
    segments: readonly Segment[],
  ) {
    this.#segments = segments;
  }

  /** The frame; from now on its messages count as handed over. */
  toPacket(ack: Ack): LinkPacket {
    for (const segment of this.#segments) segment.transmissions += 1;
    const { epoch, first } = this;
    return { epoch, first, ack, bodies: this.#segments.map(({ body }) => body) };
  }

  /** Nobody was there to take it. */
  undelivered(): void {
    for (const segment of this.#segments) segment.transmissions -= 1;
  }
}
