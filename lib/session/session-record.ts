// The facts of a session: its names, its handshake, its counters and times.
import { performance } from '../util/timers.js';
import type { Frame } from '../wire/sse-encoder.js';
import type { JsonRpcMessage } from '../wire/json-rpc.js';
import type { UsageTally } from './events/usage.js';
import type { HandOver } from './handover/hand-over.js';
import type { SessionState } from './handover/session-state.js';
import type { CallTrail } from './inbound/call-trail.js';
import { Handshake, type ClientInfo } from './inbound/handshake.js';
import type { CloseReason } from './session.js';

const NONE: NonNullable<SessionState['answers']> = [];

/** The facts of a session. */
export class SessionRecord<Data> {
  readonly handshake: Handshake = new Handshake();
  messagesIn: number;
  messagesOut: number;
  /** The client's address when it opened, as `trust proxy` determines it; none on a Unix socket. */
  address: string | undefined;
  /** Whether `sunset` has admitted it. It decides once. */
  admitted: boolean;
  /** Whether the client, which has lost another session, must send `initialize` first. */
  mustInitialize = false;
  /** Its counts for `usage()`. */
  readonly usage: UsageTally = { userAgent: undefined, row: undefined, requests: 0 };
  /** Bytes of its running requests, its waiting and kept messages, and its handshake. */
  heldBytes = 0;
  /** The notes on its calls for another node; undefined if calls are not tracked. */
  calls: CallTrail | undefined;
  /** Set once the session starts to leave this node. */
  handOver: HandOver | undefined;
  /** Takes messages of the server that the client must not get. Undefined: it gets all of them. */
  intercept: ((message: JsonRpcMessage, frame: Frame) => Promise<void> | undefined) | undefined;
  /** The number of its hand-overs so far. */
  readonly epoch: number;
  /** By node: the number of the last broadcast that reached the session before its hand-over. */
  broadcastsSeen: Readonly<Record<string, number>> | undefined;
  /** Calls on its former node whose answers the client may not have read. */
  readonly formerAnswers: NonNullable<SessionState['answers']>;
  /** The time of its last ping, or of its beginning here, on the clock of `performance.now()`. */
  lastPingAt: number = performance.now();
  /** The time of its last message in either direction, on the clock of `performance.now()`. */
  protected activeAt: number = performance.now();
  /** The time when its stream was lost; undefined while it has one. */
  protected detachedAt: number | undefined;
  /** The reason why its last stream was lost. */
  protected detachReason: CloseReason = 'client-disconnected';
  readonly #openedAt: number = this.activeAt;

  /** @param restored its state on the node that it comes from */
  constructor(
    readonly id: string,
    readonly principal: string | undefined,
    readonly data: Data,
    restored?: SessionState,
  ) {
    this.admitted = restored !== undefined;
    this.epoch = restored?.epoch ?? 0;
    this.formerAnswers = restored?.answers ?? NONE;
    this.messagesIn = restored?.messagesIn ?? 0;
    this.messagesOut = restored?.messagesOut ?? 0;
    if (!restored) return;
    this.address = restored.address;
    this.broadcastsSeen = restored.broadcastsSeen;
    this.#openedAt = restored.openedAt - performance.timeOrigin;
    this.activeAt = restored.lastActiveAt - performance.timeOrigin;
    this.detachedAt = performance.now();
    this.handshake.restore(restored.handshake);
  }

  get clientInfo(): ClientInfo | undefined {
    return this.handshake.clientInfo;
  }
  get clientCapabilities(): Readonly<Record<string, unknown>> | undefined {
    return this.handshake.clientCapabilities;
  }

  get serverCapabilities(): Readonly<Record<string, unknown>> | undefined {
    return this.handshake.serverCapabilities;
  }
  get protocolVersion(): string | undefined {
    return this.handshake.protocolVersion;
  }
  get openedAt(): Date {
    return new Date(performance.timeOrigin + this.#openedAt);
  }
  get lastActiveAt(): Date {
    return new Date(performance.timeOrigin + this.activeAt);
  }

  /** Milliseconds, at `now`, since it opened, had its last message, and was detached. */
  ages(now: number): Record<'session' | 'message' | 'detached', number> {
    return {
      session: now - this.#openedAt,
      message: now - this.activeAt,
      detached: now - (this.detachedAt ?? now),
    };
  }
}
