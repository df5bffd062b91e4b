import { McpSseError } from '../../errors.js';
import { Incoming } from './receive-window.js';
import { linkFrame, type Ack, type LinkFrame } from './packet.js';
import { Outgoing, type Parcel, type Shipment } from './send-window.js';

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
/** A peer that acknowledges nothing for so long does not hear us, whatever the engine says. */
const GIVE_UP_MS = 15_000;

/** What a link works with. No call may throw. */
export interface LinkOwner {
  /** This node. */
  readonly self: string;
  /** Hands a frame to the engine, as `EngineMember.send`. */
  transmit(frame: string): Promise<boolean>;
  /** A message of the peer, once and in order. */
  received(body: string): void;
  /** Nobody listens at the peer's address. */
  absent(): void;
  /** What was sent and not acknowledged is given up. */
  broken(): void;
  /** The peer has given up what it had sent. */
  restarted(): void;
}

/**
 * Messages to and from one other node, each exactly once and in order, over an engine that may
 * lose, repeat and reorder frames. All that is pushed in one turn of the event loop leaves in one
 * frame, with the acknowledgement that is due.
 */
export class Link {
  readonly #owner: LinkOwner;
  readonly #now: () => number;
  readonly #outgoing: Outgoing;
  readonly #incoming = new Incoming();
  /** The pieces so far of a message that goes on. */
  #begun = '';
  #open = true;
  #turnDue = false;
  #ackDue = false;
  /** Transmissions that the engine has not settled. */
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
    this.#outgoing = new Outgoing(1 + Math.floor(now()));
  }

  get isIdle(): boolean {
    return this.#outgoing.isIdle;
  }

  /** Characters that are not acknowledged. */
  get chars(): number {
    return this.#outgoing.chars;
  }

  /** Sends a message; returns its pieces, by which it can be withdrawn. */
  push(message: string): readonly Parcel[] {
    const parcels: Parcel[] = [];
    for (let start = 0, end = 0; parcels.length === 0 || start < message.length; start = end) {
      end = endOfPiece(message, start);
      const mark = end < message.length ? MORE : LAST;
      parcels.push(this.#outgoing.push(mark + message.slice(start, end)));
    }
    this.#askForTurn();
    return parcels;
  }

  /** Takes a message back, unless some of it may have arrived. */
  withdraw(parcels: readonly Parcel[]): boolean {
    if (parcels.some(({ handedOver }) => handedOver > 0)) return false;
    for (const parcel of parcels) this.#outgoing.withdraw(parcel);
    return true;
  }

  /** Whether the engine is in reach. While it is not, nothing is handed to it. */
  setOpen(open: boolean): void {
    this.#open = open;
    if (!open) return;
    this.#resendMs = RESEND_MS;
    this.#resend();
    this.#askForTurn();
  }

  /** A frame of the peer has arrived. */
  frameArrived(frame: LinkFrame): void {
    this.#acknowledged(frame.ack);
    if (frame.bodies.length === 0) return;
    this.#ackDue = true;
    this.#askForTurn();
    const fresh = this.#incoming.take(frame, () => {
      this.#begun = '';
      this.#owner.restarted();
    });
    for (const piece of fresh) this.#takePiece(piece);
  }

  /** Sends again what has been waiting for its acknowledgement for too long, as of `now`. */
  tick(now: number): void {
    // What the engine has not settled is still on its way.
    if (!this.#outgoing.awaitsAck || this.#pending > 0) return;
    if (now - this.#progressAt >= GIVE_UP_MS) this.giveUp();
    if (now - this.#sentAt < this.#resendMs) return;
    this.#resendMs = Math.min(this.#resendMs * 2, RESEND_MAX_MS);
    this.#resend();
  }

  /** Sends a frame that says nothing new: the engine tells whether the peer is there. */
  knock(): void {
    this.#ackDue = true;
    this.#askForTurn();
  }

  /** Gives up what is on its way to the peer; the link can be used on. */
  giveUp(): void {
    this.#outgoing.restart();
    this.#resendMs = RESEND_MS;
    this.#owner.broken();
  }

  #acknowledged(ack: Ack): void {
    if (this.#outgoing.acknowledged(ack)) {
      this.#resendMs = RESEND_MS;
      this.#sentAt = this.#progressAt = this.#now();
      this.#askForTurn();
    }
    const mayResend = this.#now() - this.#sentAt >= MISSING_MS;
    if (ack.missing && ack.epoch === this.#outgoing.epoch && mayResend) this.#resend();
  }

  #takePiece(piece: string): void {
    const text = piece.slice(1);
    if (this.#begun.length + text.length > MESSAGE_CHARS) this.#begun = '';
    else if (piece.startsWith(MORE)) this.#begun += text;
    else if (piece.startsWith(LAST)) {
      const message = this.#begun + text;
      this.#begun = '';
      this.#owner.received(message);
    }
  }

  #askForTurn(): void {
    if (this.#turnDue) return;
    this.#turnDue = true;
    setImmediate(() => {
      this.#turnDue = false;
      this.#turn();
    });
  }

  #turn(): void {
    if (!this.#open) return;
    if (!this.#outgoing.awaitsAck) this.#progressAt = this.#now();
    for (const shipment of this.#outgoing.fresh()) this.#ship(shipment);
    if (this.#ackDue) this.#sendAck();
  }

  #resend(): void {
    if (!this.#open) return;
    for (const shipment of this.#outgoing.again()) {
      this.resent += 1;
      this.#ship(shipment);
    }
  }

  #ship(shipment: Shipment): void {
    this.#sentAt = this.#now();
    const frame = shipment.handOver(this.#incoming.ack);
    void this.#transmit(frame, () => {
      shipment.returned();
    });
  }

  #sendAck(): void {
    // A lost acknowledgement is asked for by a repeated message.
    const { epoch } = this.#outgoing;
    void this.#transmit({ epoch, first: 1, bodies: [], ack: this.#incoming.ack }, () => undefined);
  }

  async #transmit(frame: LinkFrame, returned: () => void): Promise<void> {
    this.#ackDue = false;
    this.#pending += 1;
    try {
      if (await this.#owner.transmit(linkFrame(this.#owner.self, frame))) return;
      returned();
      this.#owner.absent();
    } catch (error) {
      // Otherwise it may have arrived; it is sent again if it is not acknowledged.
      if (McpSseError.from(error).code === 'engine-unavailable') returned();
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
