import { McpSseError, type McpSseErrorCode } from '../errors.js';
import { rejected } from '../util/promises.js';
import type { LinkPacket } from './link/packet.js';
import { ReliableLink, type LinkOwner } from './link/reliable-link.js';
import { Liveness } from './liveness.js';
import { EdgeStream } from './relay/edge-stream.js';
import { OwnerResponse } from './relay/owner-response.js';
import { OutgoingCalls, unreachable } from './rpc/outgoing-calls.js';

/** A relayed stream on which nothing was said for this long is mentioned to its owner. */
const REMIND_MS = 20_000;

/** What a peer works with. No call may throw. */
export interface PeerOwner {
  readonly self: string;
  /** Since when the adapter has been in reach, on the clock of `performance.now()`. */
  readonly upSince: number;
  /** This node is about to leave: nothing more is asked of others. */
  readonly leaving: boolean;
  transmit(to: string, frame: string): Promise<boolean>;
  /** The peer asks something of this node; a rejection is its refusal. */
  onCall(operation: string, params: unknown, peer: Peer): Promise<unknown>;
}

const BODY =
  /^(call|reply|refusal|chunk|credit|end|cut|closed) ([\w-]{1,64})(?: ([\w-]{1,32}))?(?:\n|$)/;

/** Another node: what we ask of it, what it asks of us, and the streams that pass between us. */
export class Peer implements LinkOwner {
  readonly self: string;
  readonly #owner: PeerOwner;
  readonly #link: ReliableLink;
  readonly #calls: OutgoingCalls;
  readonly #liveness = new Liveness();
  /** Streams of its sessions, to clients that are connected here. */
  readonly imported: Map<string, EdgeStream> = new Map<string, EdgeStream>();
  /** Streams of our sessions, to clients that are connected there. */
  readonly exported: Map<string, OwnerResponse> = new Map<string, OwnerResponse>();
  #channels = 0;
  /** Why the link is reset. */
  #resetError = unreachable();

  constructor(
    readonly node: string,
    owner: PeerOwner,
  ) {
    this.self = owner.self;
    this.#owner = owner;
    this.#link = new ReliableLink(this);
    this.#calls = new OutgoingCalls(this.#link);
  }

  get resent(): number {
    return this.#link.resent;
  }

  /** How many requests of ours were ever sent to it. */
  get requestsSent(): number {
    return this.#calls.count;
  }

  /** Whether a request of ours is not answered, or something that we said not acknowledged. */
  get isBusy(): boolean {
    return this.#calls.size > 0 || !this.#link.isIdle;
  }

  /** Whether nothing would be lost if it were forgotten, as of `now`. */
  isForgettable(now: number, afterMs: number): boolean {
    const busy = this.imported.size + this.exported.size > 0 || this.isBusy;
    return !busy && now - this.#liveness.lastHeardAt >= afterMs;
  }

  isAlive(now: number): boolean {
    return this.#liveness.isAlive(now);
  }

  /**
   * As `OutgoingCalls.call`; `session-not-found` when the node is no more, `shutting-down` when
   * this one leaves.
   */
  call(operation: string, params: unknown): Promise<unknown> {
    if (this.#owner.leaving) {
      return rejected(new McpSseError('shutting-down', 'the server is shutting down'));
    }
    return this.#calls.call(operation, params);
  }

  /** A stream of one of its sessions, to be told to it by `channel`. */
  importStream(): { readonly channel: string; readonly stream: EdgeStream } {
    const channel = (this.#channels += 1).toString(36);
    const ended = (): void => {
      this.imported.delete(channel);
    };
    const stream = new EdgeStream(channel, (body) => this.#link.push(body), ended);
    this.imported.set(channel, stream);
    return { channel, stream };
  }

  /** A stream of one of our sessions, to a client that is connected there. */
  exportStream(channel: string): OwnerResponse {
    const response = new OwnerResponse(channel, (body) => this.#link.push(body));
    this.exported.get(channel)?.connectionClosed();
    this.exported.set(channel, response);
    response.on('close', () => this.exported.delete(channel));
    return response;
  }

  /** Ends the streams of its sessions to clients here, in good order. */
  endImported(): void {
    for (const stream of this.imported.values()) stream.end();
  }

  /** Something of it was heard. */
  markAlive(now: number): void {
    this.#liveness.heard(now);
  }

  packetArrived(packet: LinkPacket): void {
    this.#link.packetArrived(packet);
  }

  /** It has said that it leaves. */
  markLeft(): void {
    this.#liveness.leave();
    this.#markEnded();
  }

  setReachable(reachable: boolean): void {
    this.#link.setOpen(reachable);
  }

  /** The adapter has been out of reach for too long. */
  giveUp(): void {
    this.#reset(unreachable());
  }

  tick(now: number, up: boolean): void {
    this.#link.tick(now);
    if (!up) return;
    const { upSince } = this.#owner;
    const streams = this.imported.size + this.exported.size;
    if (this.#liveness.hasEnded(now, upSince)) this.#markEnded();
    else if (streams > 0 && this.#liveness.isSilent(now, upSince)) this.giveUp();
    else if (this.#liveness.takePing(now)) this.#link.ping();
  }

  /** Mentions streams that have long been silent to their owner, which may have given them up. */
  remind(now: number): void {
    for (const stream of this.imported.values()) {
      if (now - stream.sentAt >= REMIND_MS) stream.remind();
    }
  }

  transmit(frame: string): Promise<boolean> {
    return this.#owner.transmit(this.node, frame);
  }

  onPeerAbsent(): void {
    this.#liveness.absent();
    if (this.#liveness.hasEnded(performance.now(), this.#owner.upSince)) this.#markEnded();
  }

  onMessage(body: string): void {
    const [head = '', kind, id = '', more = ''] = BODY.exec(body) ?? [];
    const rest = body.slice(head.length);
    if (kind === 'call') void this.#answer(id, more, rest);
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

  /** It is no more, with all its sessions. */
  #markEnded(): void {
    this.#liveness.markEnded();
    this.#reset(new McpSseError('session-not-found', 'no such session'));
  }

  #reset(error: McpSseError): void {
    this.#resetError = error;
    this.#link.reset();
    this.#resetError = unreachable();
  }

  async #answer(id: string, operation: string, params: string): Promise<void> {
    try {
      const result = await this.#owner.onCall(operation, parse(params), this);
      this.#link.push(`reply ${id}\n${JSON.stringify(result ?? null)}`);
    } catch (thrown) {
      const { code, message } = McpSseError.from(thrown);
      this.#link.push(`refusal ${id} ${code}\n${message}`);
    }
  }

  /** The node of the client speaks of a stream of one of our sessions. */
  #onEdge(kind: 'credit' | 'closed', channel: string, chars: number): void {
    const response = this.exported.get(channel);
    if (kind === 'closed') response?.connectionClosed();
    else if (response) response.credit(chars);
    else this.#link.push(`cut ${channel}`);
  }

  /** The owner speaks of a stream to a client that is connected here. */
  #onOwner(kind: string, channel: string, text: string): void {
    const stream = this.imported.get(channel);
    if (kind === 'cut') stream?.cut();
    else if (!stream) this.#link.push(`closed ${channel}`);
    else if (kind === 'chunk') stream.chunk(text);
    else stream.end();
  }
}

/** What another node may refuse a client for us; anything else is its own affair. */
const REFUSALS: readonly McpSseErrorCode[] = [
  'session-not-found',
  'invalid-message',
  'too-many-in-flight',
  'shutting-down',
  'session-closed',
  'not-serializable',
];

function refusal(code: string, message: string): McpSseError {
  const known = REFUSALS.find((one) => one === code);
  return new McpSseError(known ?? 'internal', message);
}

/** @throws McpSseError `invalid-message` */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new McpSseError('invalid-message', 'a node has sent something that is not JSON');
  }
}
