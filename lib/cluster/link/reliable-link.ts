// Messages to and from one node, each once and in order.
import { McpSseError } from '../../errors.js';
import { performance, setImmediate } from '../../util/timers.js';
import { LinkBudget } from './link-budget.js';
import { DROP, PieceJoiner, pieces } from './pieces.js';
import { encodeLinkPacket, type Ack, type LinkPacket } from './packet.js';
import { ReceiveWindow } from './receive-window.js';
import {
  Segment,
  SEGMENT_OVERHEAD_BYTES,
  SendWindow,
  type Batch,
  type OutgoingMessage,
} from './send-window.js';

/** Unacknowledged segments are sent again after this time, then after twice that, up to 1 s. */
const RESEND_MS = 250;
const RESEND_MAX_MS = 1_000;
/**
 * A peer reports a gap with each packet that arrives. The gap is sent again at most this often.
 */
const MISSING_MS = 20;
/** A peer that acknowledges nothing for this time does not hear us, whatever the adapter says. */
const GIVE_UP_MS = 15_000;

/** Longer messages go in pieces of this size, or of the adapter's limit if that is lower. */
const PIECE_BYTES = 128 * 1024;
/** Bytes that one packet carries at most, unless a single piece is longer. */
const PACKET_BYTES = 64 * 1024;
/** Bytes of the adapter's largest frame that are reserved for a packet's head. */
const HEAD_BYTES = 256;
const LEAST_PIECE_BYTES = 256;
/**
 * For adapters that do not report frames as too large: a segment counts as too large after this
 * many refusals, if the adapter took other frames in between. A segment no larger than
 * `LARGE_BYTES`, or than one that was carried, never does.
 */
const MAX_REFUSALS = 3;
const LARGE_BYTES = 16 * 1024;

/** The callbacks and settings of a link. No call may throw. */
export interface LinkOwner {
  /** This node. */
  readonly self: string;
  /** Bytes of the largest frame that the adapter carries; Infinity if that is unknown. */
  readonly maxFrameBytes: number;
  /** Hands a frame to the adapter, as `AdapterMember.send`. */
  transmit(frame: string): Promise<boolean>;
  /** A message of the peer, once and in order. */
  onMessage(body: string): void;
  /**
   * The adapter has taken a frame.
   *
   * @param present whether the peer's address has a listener, by the adapter
   * @param asks whether the peer must answer the frame
   */
  onTransmitted(present: boolean, asks: boolean): void;
  /** The link has given up its unacknowledged messages. */
  onReset(): void;
  /** The peer has given up its unacknowledged messages. */
  onPeerReset(): void;
}

/** The rest of a forgotten link, from which it can continue. */
export interface LinkMemory {
  readonly epoch: number;
  readonly first: number;
  readonly received: ReceiveWindow;
  readonly resent: number;
}

export interface LinkOptions {
  /** Shared by all links of a node. */
  readonly budget?: LinkBudget;
  readonly memory?: LinkMemory | undefined;
  readonly now?: () => number;
}

/**
 * Delivers each message once and in order, over an adapter that may lose, repeat and reorder
 * frames. All messages of one turn of the event loop leave in one packet, with the acknowledgement
 * that is due.
 */
export class ReliableLink {
  readonly #owner: LinkOwner;
  readonly #now: () => number;
  readonly #budget: LinkBudget;
  readonly #sendWindow: SendWindow;
  readonly #receiveWindow: ReceiveWindow;
  readonly #joiner: PieceJoiner;
  #open = true;
  #flushScheduled = false;
  #ackDue = false;
  /** Transmissions that the adapter has not settled. */
  #pending = 0;
  /**
   * When the oldest unacknowledged segment was last sent, or the one before it acknowledged. Later
   * segments do not change it.
   */
  #waitingSince = 0;
  #resentAt = -Infinity;
  #progressAt = 0;
  /** Frames that the adapter has taken, and the bytes of the largest segment among them. */
  #taken = 0;
  #largestTaken = LARGE_BYTES;
  #resendMs = RESEND_MS;
  /** Frames that were sent again. */
  resent: number;

  constructor(owner: LinkOwner, { budget = new LinkBudget(), memory, now }: LinkOptions = {}) {
    this.#owner = owner;
    this.#now = now ?? (() => performance.now());
    this.#budget = budget;
    // Larger than the epoch of any forgotten link to the same node.
    const epoch = memory?.epoch ?? 1 + Math.floor(this.#now());
    this.#sendWindow = new SendWindow(budget, epoch, memory?.first);
    this.#receiveWindow = memory?.received ?? new ReceiveWindow();
    this.resent = memory?.resent ?? 0;
    this.#joiner = new PieceJoiner(budget, () => {
      // A stream to which the dropped message belongs would have a gap.
      owner.onPeerReset();
    });
  }

  get isIdle(): boolean {
    return this.#sendWindow.isIdle;
  }

  /**
   * The state from which the link can continue; undefined unless it is idle and no message is
   * incomplete.
   */
  get memory(): LinkMemory | undefined {
    if (!this.isIdle || this.#pending > 0 || !this.#joiner.isIdle) return undefined;
    const { epoch, first } = this.#sendWindow;
    return { epoch, first, received: this.#receiveWindow, resent: this.resent };
  }

  /** Bytes that are not acknowledged. */
  get bytes(): number {
    return this.#sendWindow.bytes;
  }

  /** Whether a message of `bytes` may be pushed. */
  hasRoom(bytes: number): boolean {
    return this.#budget.hasRoom(bytes, this.bytes);
  }

  /** Whether producers should wait. */
  get isTight(): boolean {
    return this.#budget.isTight(this.bytes);
  }

  /**
   * Sends a message, which can be withdrawn.
   *
   * @param onRefused called when the adapter refuses to carry it; the link goes on without it
   * @param onArrived called when the peer has acknowledged it. Must not throw
   */
  push(text: string, onRefused?: (error: Error) => void, onArrived?: () => void): OutgoingMessage {
    const message: OutgoingMessage = { segments: [], onRefused, onArrived, refused: false };
    for (const body of pieces(text, Math.min(PIECE_BYTES, this.#maxPieceBytes))) {
      const segment = new Segment(body, message);
      message.segments.push(segment);
      this.#sendWindow.push(segment);
    }
    this.#scheduleFlush();
    return message;
  }

  /** Takes a message back, unless some of it may have arrived. */
  withdraw({ segments }: OutgoingMessage): boolean {
    if (segments.some(({ transmissions }) => transmissions > 0)) return false;
    for (const segment of segments) this.#sendWindow.withdraw(segment);
    return true;
  }

  /** Whether the peer can be reached. While it cannot, nothing but pings is handed to the adapter. */
  setOpen(open: boolean): void {
    if (this.#open === open) return;
    this.#open = open;
    if (!open) return;
    this.#resendMs = RESEND_MS;
    this.#resend();
    this.#scheduleFlush();
  }

  /** A packet of the peer has arrived. */
  packetArrived(packet: LinkPacket): void {
    this.#acknowledged(packet.ack);
    if (packet.bodies.length === 0) return;
    this.#ackDue = true;
    this.#scheduleFlush();
    const fresh = this.#receiveWindow.take(packet, () => {
      this.#joiner.drop();
      this.#owner.onPeerReset();
    });
    for (const piece of fresh) {
      const message = this.#joiner.take(piece);
      if (message !== undefined) this.#owner.onMessage(message);
    }
  }

  /** Sends segments again that have waited too long for their acknowledgement, as of `now`. */
  tick(now: number): void {
    // Frames that the adapter has not settled are still on their way.
    if (!this.#sendWindow.awaitsAck || this.#pending > 0) return;
    if (now - this.#progressAt >= GIVE_UP_MS) this.reset();
    if (!this.#open || now - this.#waitingSince < this.#resendMs) return;
    this.#resendMs = Math.min(this.#resendMs * 2, RESEND_MAX_MS);
    this.#resend();
  }

  /** Sends a packet without news, so that the adapter says whether the peer is there. */
  ping(): void {
    this.#sendAck();
  }

  /** Gives up all messages that are on their way to the peer. The link stays usable. */
  reset(): void {
    this.#sendWindow.restart();
    this.#resendMs = RESEND_MS;
    this.#owner.onReset();
  }

  /** The peer is gone: drops messages that wait for it, and its incomplete message. */
  end(): void {
    this.#joiner.drop();
    this.reset();
  }

  get #maxPacketBytes(): number {
    return this.#owner.maxFrameBytes - HEAD_BYTES;
  }

  get #maxPieceBytes(): number {
    return Math.max(this.#maxPacketBytes - SEGMENT_OVERHEAD_BYTES, LEAST_PIECE_BYTES);
  }

  #acknowledged(ack: Ack): void {
    if (this.#sendWindow.acknowledged(ack)) {
      this.#resendMs = RESEND_MS;
      this.#waitingSince = this.#progressAt = this.#now();
      this.#scheduleFlush();
    }
    const mayResend = this.#now() - this.#resentAt >= MISSING_MS;
    if (ack.missing && ack.epoch === this.#sendWindow.epoch && mayResend) this.#resend();
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (!this.#open) return;
    if (!this.#sendWindow.awaitsAck) this.#waitingSince = this.#progressAt = this.#now();
    for (const batch of this.#sendWindow.fresh(this.#packetBytes())) this.#sendBatch(batch);
    if (this.#ackDue) this.#sendAck();
  }

  #resend(): void {
    if (!this.#open) return;
    this.#waitingSince = this.#resentAt = this.#now();
    for (const batch of this.#sendWindow.again(this.#packetBytes())) {
      this.resent += 1;
      this.#sendBatch(batch);
    }
  }

  #packetBytes(): number {
    return Math.min(PACKET_BYTES, this.#maxPacketBytes);
  }

  #sendBatch(batch: Batch): void {
    void this.#transmit(batch.toPacket(this.#receiveWindow.ack), batch);
  }

  #sendAck(): void {
    // If this is lost, the peer repeats its segment and so gets another acknowledgement.
    const { epoch } = this.#sendWindow;
    void this.#transmit({ epoch, first: 1, bodies: [], ack: this.#receiveWindow.ack });
  }

  async #transmit(packet: LinkPacket, batch?: Batch): Promise<void> {
    this.#ackDue = false;
    this.#pending += 1;
    try {
      const present = await this.#owner.transmit(encodeLinkPacket(this.#owner.self, packet));
      this.#taken += 1;
      for (const { bytes } of batch?.segments ?? []) {
        this.#largestTaken = Math.max(this.#largestTaken, bytes);
      }
      // The batch may have arrived even if the adapter counts no listener.
      if (present) batch?.taken();
      this.#owner.onTransmitted(present, batch !== undefined);
    } catch (thrown) {
      if (batch) this.#refused(batch, McpSseError.from(thrown));
    } finally {
      this.#pending -= 1;
    }
  }

  /** The adapter has refused a batch. Fails only messages that it will never take. */
  #refused(batch: Batch, error: McpSseError): void {
    const tooLarge = error.code === 'message-too-large';
    // Otherwise it may have arrived. Without an acknowledgement it is sent again.
    if (tooLarge || error.code === 'adapter-unavailable') batch.undelivered();
    for (const segment of batch.segments) {
      segment.alone = true;
      if (segment.takenBefore !== this.#taken) segment.refusals += 1;
      segment.takenBefore = this.#taken;
    }
    const [segment, ...more] = batch.segments;
    if (!segment || segment.message.refused) return;
    if (more.length === 0 && (tooLarge || this.#isNeverTaken(segment))) {
      this.#giveUpMessage(segment, error);
    } else if (tooLarge) this.#resend();
    // Shows whether the adapter takes anything at all.
    else this.ping();
  }

  #isNeverTaken({ refusals, bytes }: Segment): boolean {
    return refusals >= MAX_REFUSALS && bytes > this.#largestTaken;
  }

  /** Gives up the message of `segment`. The receiver drops its part of it. */
  #giveUpMessage(segment: Segment, error: McpSseError): void {
    const { message } = segment;
    const { segments, onRefused } = message;
    message.refused = true;
    let body: string = DROP;
    for (const each of segments.slice(segments.indexOf(segment))) {
      this.#sendWindow.withdraw(each, body);
      body = '';
    }
    onRefused?.(error);
    this.#scheduleFlush();
  }
}
