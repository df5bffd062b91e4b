// Keeps sent segments until they are acknowledged.
import type { LinkBudget } from './link-budget.js';
import type { Ack, LinkPacket } from './packet.js';

/** Bytes that may be on their way unacknowledged. */
const WINDOW_BYTES = 1024 * 1024;
/**
 * Bytes counted for a segment besides its body: its number and length in a packet, and its object.
 */
export const SEGMENT_OVERHEAD_BYTES = 64;

/**
 * Keeps sent segments until they are acknowledged. Each segment counts the packets that carried it:
 * one without any has certainly not arrived.
 */
export class SendWindow {
  readonly #budget: LinkBudget;
  #epoch: number;
  /** Numbered and not acknowledged, the oldest first. */
  #sent: Segment[] = [];
  #sentBytes = 0;
  #firstSent: number;
  #waiting = new Set<Segment>();
  #waitingBytes = 0;

  /**
   * @param epoch larger than any that the peer has seen from this node, unless `first` continues it
   * @param first the number of the next segment
   */
  constructor(budget: LinkBudget, epoch = 1, first = 1) {
    this.#budget = budget;
    this.#epoch = epoch;
    this.#firstSent = first;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** The number of the oldest segment that is not acknowledged, or of the next one. */
  get first(): number {
    return this.#firstSent;
  }

  /** Bytes that are not acknowledged. */
  get bytes(): number {
    return this.#sentBytes + this.#waitingBytes;
  }

  get isIdle(): boolean {
    return this.#sent.length === 0 && this.#waiting.size === 0;
  }

  get awaitsAck(): boolean {
    return this.#sent.length > 0;
  }

  push(segment: Segment): void {
    segment.state = 'waiting';
    this.#waiting.add(segment);
    this.#resizeWaiting(segment.bytes);
  }

  /** Takes a segment back. If it was sent, its number stays and `body` takes its place. */
  withdraw(segment: Segment, body = ''): void {
    if (segment.state === 'waiting') {
      this.#waiting.delete(segment);
      this.#resizeWaiting(-segment.bytes);
      segment.state = 'gone';
    } else if (segment.state === 'sent') {
      this.#resizeSent(-segment.bytes);
      segment.body = body;
      this.#resizeSent(segment.bytes);
    }
  }

  /** Drops acknowledged segments. Returns whether there were any. */
  acknowledged({ epoch, cursor }: Ack): boolean {
    // An acknowledgement of an earlier epoch, or one that a later one has overtaken.
    if (epoch !== this.#epoch || cursor < this.#firstSent) return false;
    const count = Math.min(cursor + 1 - this.#firstSent, this.#sent.length);
    for (const segment of this.#sent.splice(0, count)) {
      segment.state = 'gone';
      this.#resizeSent(-segment.bytes);
      const { segments, onArrived } = segment.message;
      if (segment === segments.at(-1)) onArrived?.();
    }
    this.#firstSent += count;
    return count > 0;
  }

  /** Unsent segments that fit into the window, in packets of at most `maxBytes`. */
  fresh(maxBytes: number): Batch[] {
    const begin = this.#sent.length;
    for (const segment of this.#waiting) {
      // A segment longer than the window goes alone.
      if (this.#sentBytes > 0 && this.#sentBytes + segment.bytes > WINDOW_BYTES) break;
      this.#waiting.delete(segment);
      this.#resizeWaiting(-segment.bytes);
      segment.state = 'sent';
      this.#sent.push(segment);
      this.#resizeSent(segment.bytes);
    }
    return this.#packed(begin, maxBytes);
  }

  /** Everything that is not acknowledged, once more, in packets of at most `maxBytes`. */
  again(maxBytes: number): Batch[] {
    return this.#packed(0, maxBytes);
  }

  /** Gives up everything and restarts the numbering. */
  restart(): void {
    this.#epoch += 1;
    for (const segment of this.#sent) segment.state = 'gone';
    for (const segment of this.#waiting) segment.state = 'gone';
    this.#sent = [];
    this.#resizeSent(-this.#sentBytes);
    this.#firstSent = 1;
    this.#waiting.clear();
    this.#resizeWaiting(-this.#waitingBytes);
  }

  /** The numbered segments from index `begin` on, in packets. */
  #packed(begin: number, maxBytes: number): Batch[] {
    const batches: Batch[] = [];
    let segments: Segment[] = [];
    // There is no packet yet.
    let room = -1;
    for (let index = begin; index < this.#sent.length; index += 1) {
      const segment = this.#sent[index];
      if (!segment) break;
      if (segment.alone || segment.bytes > room) {
        segments = [];
        room = maxBytes;
        batches.push(new Batch(this.#epoch, this.#firstSent + index, segments));
      }
      segments.push(segment);
      room = segment.alone ? -1 : room - segment.bytes;
    }
    return batches;
  }

  #resizeSent(bytes: number): void {
    this.#sentBytes += bytes;
    this.#budget.changeQueued(bytes);
  }

  #resizeWaiting(bytes: number): void {
    this.#waitingBytes += bytes;
    this.#budget.changeQueued(bytes);
  }
}

/** A piece of a message on its way to another node. */
export class Segment {
  state: 'waiting' | 'sent' | 'gone' = 'waiting';
  /** Packets that carried it and may have arrived. */
  transmissions = 0;
  /** Refusals by the adapter in a row, with other frames taken in between. */
  refusals = 0;
  /** Frames of the link that the adapter had taken by the last refusal. */
  takenBefore = -1;
  /** Whether it needs a packet of its own, because the adapter has refused one that carried it. */
  alone = false;
  #body: string;
  #bytes: number;

  constructor(
    body: string,
    /** The message that it is a piece of. */
    readonly message: OutgoingMessage,
  ) {
    this.#body = body;
    this.#bytes = sizeOf(body);
  }

  get body(): string {
    return this.#body;
  }

  set body(body: string) {
    this.#body = body;
    this.#bytes = sizeOf(body);
  }

  /** UTF-8 bytes that it counts for. */
  get bytes(): number {
    return this.#bytes;
  }
}

/** A message on its way, in one or more segments. */
export interface OutgoingMessage {
  readonly segments: Segment[];
  /** It was given up. */
  refused: boolean;
  /** The adapter refuses to carry it. */
  readonly onRefused: ((error: Error) => void) | undefined;
  /** The other node has all of it. */
  readonly onArrived?: (() => void) | undefined;
}

function sizeOf(body: string): number {
  return Buffer.byteLength(body) + SEGMENT_OVERHEAD_BYTES;
}

/** Some consecutive segments, to be sent in one packet. */
export class Batch {
  constructor(
    readonly epoch: number,
    readonly first: number,
    readonly segments: readonly Segment[],
  ) {}

  /** The packet; from now on its segments count as handed over. */
  toPacket(ack: Ack): LinkPacket {
    for (const segment of this.segments) segment.transmissions += 1;
    const { epoch, first } = this;
    return { epoch, first, ack, bodies: this.segments.map(({ body }) => body) };
  }

  /** The adapter has taken it. */
  taken(): void {
    for (const segment of this.segments) segment.refusals = 0;
  }

  /** It has certainly not arrived. */
  undelivered(): void {
    for (const segment of this.segments) segment.transmissions -= 1;
  }
}
