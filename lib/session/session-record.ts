// What a session tells of itself: its names, its handshake, its counters and times.
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

/** What a session tells of itself. */
export class SessionRecord<Data> {
  readonly handshake: Handshake = new Handshake();
  messagesIn: number;
  messagesOut: number;
  /** The address that opened it, as far as proxies are trusted; undefined on a Unix socket. */
  address: string | undefined;
  /** Whether `sunset` has let it in: it goes on for as long as it runs. */
  admitted: boolean;
  /** Whether its client, which comes back from a session that is gone, has to begin anew. */
  mustInitialize = false;
  /** What `usage()` counts of it. */
  readonly usage: UsageTally = { userAgent: undefined, row: undefined, requests: 0 };
  /** Bytes of its running requests, its messages that wait or are kept, and its handshake. */
  heldBytes = 0;
  /** Its calls, as another node is told of them; undefined where none is. */
  calls: CallTrail | undefined;
  /** Set once the session is to leave this node. */
  handOver: HandOver | undefined;
  /** Takes a message of the server instead of the client: it is private, or out of place. */
  intercept: ((message: JsonRpcMessage, frame: Frame) => Promise<void> | undefined) | undefined;
  /** How often it was handed over. */
  readonly epoch: number;
  /** Of each node, the last broadcast that reached the session before it was handed over. */
  broadcastsSeen: Readonly<Record<string, number>> | undefined;
  /** What its former node told of calls whose answers the client may not have read. */
  readonly formerAnswers: NonNullable<SessionState['answers']>;
  /** When its last message went in or out, on the clock of `performance.now()`. */
  protected activeAt: number = performance.now();
  /** When its stream was lost, until there is another one. */
  protected detachedAt: number | undefined;
  /** Why its last stream was lost. */
  protected detachReason: CloseReason = 'client-disconnected';
  readonly #openedAt: number = this.activeAt;

  /** @param restored what another node tells of it */
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

  /** How long ago it opened, had a message, was detached: in ms at `now`. */
  ages(now: number): Record<'session' | 'message' | 'detached', number> {
    return {
      session: now - this.#openedAt,
      message: now - this.activeAt,
      detached: now - (this.detachedAt ?? now),
    };
  }
}
