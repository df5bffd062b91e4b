import { McpSseError } from '../../errors.js';
import { ReceiveWindow } from './receive-window.js';
import { encodeLinkPacket, type Ack, type LinkPacket } from './packet.js';
import { SendWindow, type Segment, type Batch } from './send-window.js';
import { performance, setImmediate } from '../../util/timers.js';

/** What is not acknowledged is sent again after this, then after twice as long, up to a second. */
const RESEND_MS = 250;
const RESEND_MAX_MS = 1_000;
/** What a peer misses it asks for with each frame that it gets; it is sent again this often at most. */
const MISSING_MS = 20;

/** A longer message goes in pieces: NATS takes frames of 1 MiB unless told otherwise. */
const PIECE_CHARS = 128 * 1024;
/** No message is longer; who goes on beyond it is no node of ours, and what it says is dropped. */
const MESSAGE_CHARS = 128 * 1024 * 1024;
/** What a piece begins with: whether more of its message follows. */
const MORE = '+';
const LAST = '.';
/** A peer that acknowledges nothing for so long does not hear us, whatever the adapter says. */
const GIVE_UP_MS = 15_000;

/** What a link works with. No call may throw. */
export interface LinkOwner {
  /** This node. */
  readonly self: string;
  /** Hands a frame to the adapter, as `AdapterMember.send`. */
  transmit(frame: string): Promise<boolean>;
  /** A message of the peer, once and in order. */
  onMessage(body: string): void;
  /** Nobody listens at the peer's address. */
  onPeerAbsent(): void;
  /** What was sent and not acknowledged is given up. */
  onReset(): void;
  /** The peer has given up what it had sent. */
  onPeerReset(): void;
}

/**
 * Messages to and from one other node, each exactly once and in order, over an adapter that may
 * lose, repeat and reorder frames. All that is pushed in one turn of the event loop leaves in one
 * frame, with the acknowledgement that is due.
 */
export class ReliableLink {
  readonly #owner: LinkOwner;
  readonly #now: () => number;
  readonly #sendWindow: SendWindow;
  readonly #receiveWindow = new ReceiveWindow();
  /** The pieces so far of a message that goes on. */
  #partial = '';
  #open = true;
  #flushScheduled = false;
  #ackDue = false;
  /** Transmissions that the adapter has not settled. */
  #pending = 0;
  #sentAt = 0;
  #progressAt = 0;
  #resendMs = RESEND_MS;
  /** Frames that were sent again. */
  resent = 0;

  constructor(owner: LinkOwner, now: () => number = () => performance.now()) {
    this.#owner = owner;
    this.#now = now;
    // A link that is forgotten and made anew goes on with a larger one.
    this.#sendWindow = new SendWindow(1 + Math.floor(now()));
  }

  get isIdle(): boolean {
    return this.#sendWindow.isIdle;
  }

  /** Characters that are not acknowledged. */
  get chars(): number {
    return this.#sendWindow.chars;
  }

  /** Sends a message; returns its pieces, by which it can be withdrawn. */
  push(message: string): readonly Segment[] {
    const segments: Segment[] = [];
    for (let start = 0, end = 0; segments.length === 0 || start < message.length; start = end) {
      end = endOfPiece(message, start);
      const mark = end < message.length ? MORE : LAST;
      segments.push(this.#sendWindow.push(mark + message.slice(start, end)));
    }
    this.#scheduleFlush();
    return segments;
  }

  /** Takes a message back, unless some of it may have arrived. */
  withdraw(segments: readonly Segment[]): boolean {
    if (segments.some(({ transmissions }) => transmissions > 0)) return false;
    for (const segment of segments) this.#sendWindow.withdraw(segment);
    return true;
  }

  /** Whether the adapter is in reach. While it is not, nothing is handed to it. */
  setOpen(open: boolean): void {
    this.#open = open;
    if (!open) return;
    this.#resendMs = RESEND_MS;
    this.#resend();
    this.#scheduleFlush();
  }

  /** A frame of the peer has arrived. */
  packetArrived(frame: LinkPacket): void {
    this.#acknowledged(frame.ack);
    if (frame.bodies.length === 0) return;
    this.#ackDue = true;
    this.#scheduleFlush();
    const fresh = this.#receiveWindow.take(frame, () => {
      this.#partial = '';
      this.#owner.onPeerReset();
    });
    for (const piece of fresh) this.#takePiece(piece);
  }

  /** Sends again what has been waiting for its acknowledgement for too long, as of `now`. */
  tick(now: number): void {
    // What the adapter has not settled is still on its way.
    if (!this.#sendWindow.awaitsAck || this.#pending > 0) return;
    if (now - this.#progressAt >= GIVE_UP_MS) this.reset();
    if (now - this.#sentAt < this.#resendMs) return;
    this.#resendMs = Math.min(this.#resendMs * 2, RESEND_MAX_MS);
    this.#resend();
  }

  /** Sends a frame that says nothing new: the adapter tells whether the peer is there. */
  ping(): void {
    this.#ackDue = true;
    this.#scheduleFlush();
  }

  /** Gives up what is on its way to the peer; the link can be used on. */
  reset(): void {
    this.#sendWindow.restart();
    this.#resendMs = RESEND_MS;
    this.#owner.onReset();
  }

  #acknowledged(ack: Ack): void {
    if (this.#sendWindow.acknowledged(ack)) {
      this.#resendMs = RESEND_MS;
      this.#sentAt = this.#progressAt = this.#now();
      this.#scheduleFlush();
    }
    const mayResend = this.#now() - this.#sentAt >= MISSING_MS;
    if (ack.missing && ack.epoch === this.#sendWindow.epoch && mayResend) this.#resend();
  }

  #takePiece(piece: string): void {
    const text = piece.slice(1);
    if (this.#partial.length + text.length > MESSAGE_CHARS) this.#partial = '';
    else if (piece.startsWith(MORE)) this.#partial += text;
    else if (piece.startsWith(LAST)) {
      const message = this.#partial + text;
      this.#partial = '';
      this.#owner.onMessage(message);
    }
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
    if (!this.#sendWindow.awaitsAck) this.#progressAt = this.#now();
    for (const batch of this.#sendWindow.fresh()) this.#sendBatch(batch);
    if (this.#ackDue) this.#sendAck();
  }

  #resend(): void {
    if (!this.#open) return;
    for (const batch of this.#sendWindow.again()) {
      this.resent += 1;
      this.#sendBatch(batch);
    }
  }

  #sendBatch(batch: Batch): void {
    this.#sentAt = this.#now();
    const frame = batch.toPacket(this.#receiveWindow.ack);
    void this.#transmit(frame, () => {
      batch.undelivered();
    });
  }

  #sendAck(): void {
    // A lost acknowledgement is asked for by a repeated message.
    const { epoch } = this.#sendWindow;
    void this.#transmit(
      { epoch, first: 1, bodies: [], ack: this.#receiveWindow.ack },
      () => undefined,
    );
  }

  async #transmit(frame: LinkPacket, returned: () => void): Promise<void> {
    this.#ackDue = false;
    this.#pending += 1;
    try {
      if (await this.#owner.transmit(encodeLinkPacket(this.#owner.self, frame))) return;
      returned();
      this.#owner.onPeerAbsent();
    } catch (error) {
      // Otherwise it may have arrived; it is sent again if it is not acknowledged.
      if (McpSseError.from(error).code === 'adapter-unavailable') returned();
    } finally {
      this.#pending -= 1;
    }
  }
}

/** Pairs of surrogates stay together: alone they have no form in UTF-8. */
function endOfPiece(message: string, start: number): number {
  const end = start + PIECE_CHARS;
  if (end >= message.length) return message.length;
  const isHigh = (message.charCodeAt(end - 1) & 0xfc00) === 0xd800;
  return isHigh ? end - 1 : end;
}
