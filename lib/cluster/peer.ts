import { McpSseError, type McpSseErrorCode } from '../errors.js';
import { rejected } from '../util/promises.js';
import { OutgoingCalls, unreachable } from './rpc/outgoing-calls.js';
import type { LinkPacket } from './link/packet.js';
import { ReliableLink, type LinkOwner } from './link/reliable-link.js';
import { OwnerResponse } from './relay/owner-response.js';
import { EdgeStream } from './relay/edge-stream.js';
import { performance } from '../util/timers.js';

/** A node that nobody listens for is given so long to come back, after a cut of its own. */
const GRACE_MS = 3_000;
/** A node of which nothing is heard for so long is out of reach, whatever the adapter says. */
const SILENCE_MS = 6_000;
/** A node of which nothing is heard for so long is asked for. */
const PING_MS = 1_500;
/** A relayed stream on which nothing was said for so long is mentioned to its owner. */
const REMIND_MS = 20_000;

/** What a peer works with. No call may throw. */
export interface PeerOwner {
  readonly self: string;
  /** Since when the adapter has been in reach, on the clock of `performance.now()`. */
  readonly upSince: number;
  /** This node is about to go: nothing more is asked of others. */
  readonly leaving: boolean;
  transmit(to: string, frame: string): Promise<boolean>;
  /** The peer asks something of this node; a rejection is its refusal. */
  onCall(operation: string, params: unknown, peer: Peer): Promise<unknown>;
}

const BODY =
  /^(call|reply|refusal|chunk|took|end|cut|gone) ([\w-]{1,64})(?: ([\w-]{1,32}))?(?:\n|$)/;

/** Another node: what we ask of it, what it asks of us, and the streams that pass between us. */
export class Peer implements LinkOwner {
  readonly self: string;
  readonly #owner: PeerOwner;
  readonly #link: ReliableLink;
  readonly #calls: OutgoingCalls;
  /** Streams of its sessions, to clients that are connected here. */
  readonly imported: Map<string, EdgeStream> = new Map<string, EdgeStream>();
  /** Streams of our sessions, to clients that are connected there. */
  readonly exported: Map<string, OwnerResponse> = new Map<string, OwnerResponse>();
  /** When it was heard; never, too, once it is known to be gone. */
  #heardAt = -Infinity;
  #lastHeardAt = -Infinity;
  #pingedAt = -Infinity;
  #unanswered = false;
  #gone = false;
  #channels = 0;
  /** Why the link is given up. */
  #why = unreachable();

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

  /** How many questions of ours it was ever asked. */
  get requestsSent(): number {
    return this.#calls.count;
  }

  /** Whether something was asked of it that it has not answered, or said that it has not heard. */
  get isBusy(): boolean {
    return this.#calls.size > 0 || !this.#link.isIdle;
  }

  /** Whether nothing would be lost if it were forgotten, as of `now`. */
  isForgettable(now: number, afterMs: number): boolean {
    const busy = this.imported.size + this.exported.size > 0 || this.isBusy;
    return !busy && now - this.#lastHeardAt >= afterMs;
  }

  isAlive(now: number): boolean {
    return now - this.#heardAt < SILENCE_MS;
  }

  /** As `Calls.call`; `session-not-found` when the node is no more, `shutting-down` when we go. */
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
    this.exported.get(channel)?.connectionGone();
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
    this.#heardAt = this.#lastHeardAt = now;
    this.#unanswered = false;
  }

  packetArrived(frame: LinkPacket): void {
    this.#link.packetArrived(frame);
  }

  /** It has said goodbye: an address is never used again. */
  markLeft(): void {
    this.#gone = true;
    this.#markDead();
  }

  setReachable(reachable: boolean): void {
    this.#link.setOpen(reachable);
  }

  /** The adapter has been out of reach for too long. */
  giveUp(): void {
    this.#giveUp(unreachable());
  }

  tick(now: number, up: boolean): void {
    this.#link.tick(now);
    if (!up) return;
    const since = Math.max(this.#heardAt, this.#owner.upSince);
    if (this.#unanswered && now - since >= GRACE_MS) this.#markDead();
    else if (now - since >= SILENCE_MS && this.imported.size + this.exported.size > 0)
      this.giveUp();
    else if (this.#heardAt !== -Infinity && now - this.#heardAt >= PING_MS) this.#ping(now);
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
    const now = performance.now();
    const since = Math.max(this.#heardAt, this.#owner.upSince);
    if (this.#gone || now - since >= GRACE_MS) this.#markDead();
    else this.#unanswered = true;
  }

  onMessage(body: string): void {
    const [head = '', kind, id = '', more = ''] = BODY.exec(body) ?? [];
    const rest = body.slice(head.length);
    if (kind === 'call') void this.#answer(id, more, rest);
    else if (kind === 'reply') this.#calls.answered(id, rest);
    else if (kind === 'refusal') this.#calls.refused(id, refusal(more, rest));
    else if (kind === 'took' || kind === 'gone') this.#streamThere(kind, id, Number(more) || 0);
    else if (kind !== undefined) this.#streamHere(kind, id, rest);
  }

  onReset(): void {
    this.#calls.rejectAll(this.#why);
    this.onPeerReset();
  }

  onPeerReset(): void {
    for (const stream of [...this.imported.values()]) stream.cut();
    for (const response of [...this.exported.values()]) response.connectionGone();
  }

  /** It is no more, with all its sessions. */
  #markDead(): void {
    this.#heardAt = -Infinity;
    this.#giveUp(new McpSseError('session-not-found', 'no such session'));
  }

  #giveUp(why: McpSseError): void {
    this.#unanswered = false;
    this.#why = why;
    this.#link.reset();
    this.#why = unreachable();
  }

  /** Something is sent to a silent peer now and then: the adapter tells whether it is there. */
  #ping(now: number): void {
    if (now - this.#pingedAt < PING_MS) return;
    this.#pingedAt = now;
    this.#link.ping();
  }

  async #answer(id: string, operation: string, question: string): Promise<void> {
    try {
      const result = await this.#owner.onCall(operation, parse(question), this);
      this.#link.push(`reply ${id}\n${JSON.stringify(result ?? null)}`);
    } catch (thrown) {
      const { code, message } = McpSseError.from(thrown);
      this.#link.push(`refusal ${id} ${code}\n${message}`);
    }
  }

  #streamThere(kind: 'took' | 'gone', channel: string, chars: number): void {
    const response = this.exported.get(channel);
    if (kind === 'gone') response?.connectionGone();
    else if (response) response.credit(chars);
    else this.#link.push(`cut ${channel}`);
  }

  #streamHere(kind: string, channel: string, text: string): void {
    const stream = this.imported.get(channel);
    if (kind === 'cut') stream?.cut();
    else if (!stream) this.#link.push(`gone ${channel}`);
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
