// Another node: calls and streams in both directions.
import { McpSseError, type McpSseErrorCode } from '../errors.js';
import { concealedReason, sessionNotFound } from '../session/session-not-found.js';
import { rejected } from '../util/promises.js';
import { performance } from '../util/timers.js';
import type { LinkBudget } from './link/link-budget.js';
import type { LinkPacket } from './link/packet.js';
import { ReliableLink, type LinkMemory, type LinkOwner } from './link/reliable-link.js';
import { Liveness, type Contact } from './liveness.js';
import { EdgeStream } from './relay/edge-stream.js';
import { OwnerResponse } from './relay/owner-response.js';
import { OutgoingCalls, unreachable } from './rpc/outgoing-calls.js';

/** Silence after which the owner of a relayed stream gets a reminder of it. */
const REMIND_MS = 20_000;

/** The callbacks and settings of a peer. No call may throw. */
export interface PeerOwner {
  readonly self: string;
  readonly contact: Contact;
  /** Shared by all peers. */
  readonly budget: LinkBudget;
  /** As `LinkOwner.maxFrameBytes`. */
  readonly maxFrameBytes: number;
  /** Whether this node is about to leave: then it sends no more requests. */
  readonly leaving: boolean;
  transmit(to: string, frame: string): Promise<boolean>;
  /** Answers a request of the peer; a rejection refuses it. */
  onCall(operation: string, params: unknown, peer: Peer): Promise<unknown>;
  /** Called with failures that no caller sees. */
  onError(error: McpSseError): void;
}

/** The rest of a forgotten peer, from which it can continue. */
export interface PeerMemory {
  readonly link: LinkMemory;
  readonly calls: number;
  readonly channels: number;
}

const BODY =
  /^(call|tell|reply|refusal|chunk|credit|end|cut|closed) ([\w-]{1,64})(?: ([\w-]{1,32}))?(?:\n|$)/;

export class Peer implements LinkOwner {
  readonly self: string;
  readonly #owner: PeerOwner;
  readonly #link: ReliableLink;
  readonly #calls: OutgoingCalls;
  readonly #liveness: Liveness;
  /** Streams of its sessions, to clients that are connected here. */
  readonly imported: Map<string, EdgeStream> = new Map<string, EdgeStream>();
  /** Streams of our sessions, to clients that are connected there. */
  readonly exported: Map<string, OwnerResponse> = new Map<string, OwnerResponse>();
  #channels: number;
  /** The reason for a reset of the link. */
  #resetError = unreachable();
  /** The adapter is in reach. */
  #up = false;

  constructor(
    readonly node: string,
    owner: PeerOwner,
    liveness: Liveness = new Liveness(owner.contact),
    memory?: PeerMemory,
  ) {
    this.self = owner.self;
    this.#owner = owner;
    this.#liveness = liveness;
    this.#link = new ReliableLink(this, { budget: owner.budget, memory: memory?.link });
    this.#link.setOpen(false);
    this.#calls = new OutgoingCalls(this.#link, memory?.calls);
    this.#channels = memory?.channels ?? 0;
  }

  /** The state from which the peer can continue; undefined while it is in use. */
  get memory(): PeerMemory | undefined {
    const streams = this.imported.size + this.exported.size;
    const link = streams === 0 && !this.isBusy ? this.#link.memory : undefined;
    return link && { link, calls: this.#calls.count, channels: this.#channels };
  }

  get maxFrameBytes(): number {
    return this.#owner.maxFrameBytes;
  }

  get resent(): number {
    return this.#link.resent;
  }

  /** The number of requests that this node has ever sent to it. */
  get requestsSent(): number {
    return this.#calls.count;
  }

  /** Whether it has yet to answer a request or to acknowledge a message. */
  get isBusy(): boolean {
    return this.#calls.size > 0 || !this.#link.isIdle;
  }

  /** Whether it counts as gone. */
  get ended(): boolean {
    return this.#liveness.ended;
  }

  /** Whether it counts as gone, or its address has no listener. */
  get isMissing(): boolean {
    return this.ended || this.#liveness.isAbsent;
  }

  /** Whether it is certainly gone. `ended` only means that this is likely. */
  get isKnownToBeGone(): boolean {
    return this.#liveness.isKnownToBeGone(performance.now());
  }

  /**
   * As `OutgoingCalls.call`. Also rejects with `session-not-found` if the node is gone, and with
   * `shutting-down` if this one leaves.
   */
  call(operation: string, params: unknown, timeoutMs?: number): Promise<unknown> {
    if (this.#owner.leaving) {
      return rejected(new McpSseError('shutting-down', 'the server is shutting down'));
    }
    if (this.ended) return rejected(sessionNotFound());
    this.#updateLink(performance.now());
    return this.#calls.call(operation, params, timeoutMs);
  }

  /**
   * Sends a message without an answer. Returns whether there was room for it.
   *
   * @param onArrived called when the other node has it
   */
  tell(operation: string, params: unknown, onArrived: () => void): boolean {
    const text = JSON.stringify(params);
    if (this.#owner.leaving || this.ended || !this.#link.hasRoom(Buffer.byteLength(text))) {
      return false;
    }
    this.#updateLink(performance.now());
    this.#link.push(`tell ${operation}\n${text}`, undefined, onArrived);
    return true;
  }

  /**
   * Opens a stream of one of its sessions to a client here. The request tells it the `channel`.
   */
  importStream(): { readonly channel: string; readonly stream: EdgeStream } {
    const channel = (this.#channels += 1).toString(36);
    const ended = (): void => {
      this.imported.delete(channel);
    };
    const send = (body: string): void => {
      this.#send(body);
    };
    const stream = new EdgeStream(channel, send, ended);
    this.imported.set(channel, stream);
    return { channel, stream };
  }

  /** A stream of one of our sessions, to a client that is connected there. */
  exportStream(channel: string): OwnerResponse {
    const response: OwnerResponse = new OwnerResponse(channel, {
      send: (body) => {
        this.#send(body, () => {
          response.destroy();
        });
      },
      hasRoom: (bytes) => this.#link.hasRoom(bytes),
      isTight: () => this.#link.isTight,
    });
    this.exported.get(channel)?.connectionClosed();
    this.exported.set(channel, response);
    response.on('close', () => this.exported.delete(channel));
    return response;
  }

  /** Ends the streams of its sessions to clients here, gracefully. */
  endImported(): void {
    for (const stream of this.imported.values()) stream.end();
  }

  /** It was heard. */
  markAlive(now: number): void {
    this.#liveness.heard(now);
    this.#updateLink(now);
  }

  /** It is gone with all its sessions: fails all requests that wait for it. */
  markEnded(): void {
    this.#liveness.end();
    this.#resetError = sessionNotFound();
    this.#link.end();
    this.#resetError = unreachable();
  }

  packetArrived(packet: LinkPacket): void {
    // A node that is gone has nothing more to say: late messages are ignored.
    if (!this.ended) this.#link.packetArrived(packet);
  }

  /** Whether the adapter is in reach. */
  setUp(up: boolean): void {
    this.#up = up;
    this.#updateLink(performance.now());
  }

  /** It has been out of reach for too long: streams end, and requests fail. */
  giveUp(): void {
    this.#link.reset();
  }

  tick(now: number): void {
    this.#updateLink(now);
    this.#link.tick(now);
    if (!this.#up) return;
    const streams = this.imported.size + this.exported.size;
    if (streams > 0 && this.#liveness.isSilent(now)) this.giveUp();
    for (const stream of this.imported.values()) {
      // The owner may have given the stream up.
      if (now - stream.sentAt >= REMIND_MS) stream.remind();
    }
  }

  transmit(frame: string): Promise<boolean> {
    return this.#owner.transmit(this.node, frame);
  }

  onTransmitted(present: boolean, asks: boolean): void {
    const now = performance.now();
    if (this.#liveness.tried(present, now, asks)) this.markEnded();
    this.#updateLink(now);
  }

  onMessage(body: string): void {
    const [head = '', kind, id = '', more = ''] = BODY.exec(body) ?? [];
    const rest = body.slice(head.length);
    if (kind === 'call') void this.#answer(id, more, rest);
    else if (kind === 'tell') void this.#hear(id, rest);
    else if (kind === 'reply') this.#calls.onReply(id, rest);
    else if (kind === 'refusal') this.#calls.onRefusal(id, refusal(more, rest));
    else if (kind === 'credit' || kind === 'closed') this.#onEdge(kind, id, Number(more) || 0);
    else if (kind !== undefined) this.#onOwner(kind, id, rest);
  }

  onReset(): void {
    this.#calls.rejectAll(this.#resetError);
    this.onPeerReset();
  }

  onPeerReset(): void {
    for (const stream of [...this.imported.values()]) stream.cut();
    for (const response of [...this.exported.values()]) response.connectionClosed();
  }

  #updateLink(now: number): void {
    this.#link.setOpen(this.#up && this.#liveness.isReachable(now));
  }

  /** @param onRefused called when the adapter refuses to carry it */
  #send(body: string, onRefused?: () => void): void {
    if (this.ended) return;
    this.#updateLink(performance.now());
    this.#link.push(body, (cause) => {
      const text = 'the adapter has refused a message to another node: it is lost';
      this.#owner.onError(new McpSseError('adapter-unavailable', text, { cause }));
      onRefused?.();
    });
  }

  async #answer(id: string, operation: string, params: string): Promise<void> {
    try {
      const result = await this.#owner.onCall(operation, parse(params), this);
      this.#send(`reply ${id}\n${JSON.stringify(result ?? null)}`);
    } catch (thrown) {
      const error = McpSseError.from(thrown);
      const more = error.challenge ?? concealedReason(error);
      const told = more === undefined ? error.message : `${error.message}\n${more}`;
      this.#send(`refusal ${id} ${error.code}\n${told}`);
    }
  }

  async #hear(operation: string, params: string): Promise<void> {
    try {
      await this.#owner.onCall(operation, parse(params), this);
    } catch {
      // A node of another version, or invalid parameters.
    }
  }

  /** The client's node reports on a stream of one of our sessions. */
  #onEdge(kind: 'credit' | 'closed', channel: string, bytes: number): void {
    const response = this.exported.get(channel);
    if (kind === 'closed') response?.connectionClosed();
    else if (response) response.credit(bytes);
    else this.#send(`cut ${channel}`);
  }

  /** The owner reports on a stream to a client that is connected here. */
  #onOwner(kind: string, channel: string, text: string): void {
    const stream = this.imported.get(channel);
    if (kind === 'cut') stream?.cut();
    else if (!stream) this.#send(`closed ${channel}`);
    else if (kind === 'chunk') stream.chunk(text);
    else stream.end();
  }
}

/** Codes with which another node may refuse a client's request; any other becomes `internal`. */
const REFUSALS: readonly McpSseErrorCode[] = [
  'session-not-found',
  'invalid-message',
  'insufficient-scope',
  'too-many-in-flight',
  'shutting-down',
  'session-closed',
  'not-serializable',
];

/**
 * @param text the message; a second line holds the challenge of `insufficient-scope`, or the reason
 * of `session-not-found` for the log of this node
 */
function refusal(code: string, text: string): McpSseError {
  if (code === 'session-not-found') return sessionNotFound(text.split('\n')[1]);
  const known = REFUSALS.find((one) => one === code);
  if (known !== 'insufficient-scope') return new McpSseError(known ?? 'internal', text);
  const [message = '', challenge] = text.split('\n');
  return new McpSseError(known, message, { challenge });
}

/** @throws McpSseError `invalid-message` */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new McpSseError('invalid-message', 'another node has sent a call that is not JSON');
  }
}
