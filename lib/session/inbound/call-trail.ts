// Notes the calls of one session whose answers its client may not have yet.
import {
  cancelledRequest,
  isRequest,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type RequestId,
} from '../../wire/json-rpc.js';

import type { CloseReason } from '../session.js';
import type { AnnotatedTools } from './annotated-tools.js';

/** Answers that are noted until the client is known to have read them; the oldest go. */
export const MAX_ANSWERS = 256;
/** Calls whose ids are longer are not noted. */
const MAX_ID_CHARS = 128;
/** No calls of tools or the like, and answered at once; no client comes back to an `initialize`. */
const NOT_NOTED: ReadonlySet<string> = new Set(['initialize', 'ping']);

/** Tells another node what is noted. Methods must not throw. */
export interface CallTracker {
  /** There is news of the trail, to be told soon or together with other news. */
  changed(trail: CallTrail, soon: boolean): void;
  /** Resolves when the other node knows the news so far; undefined when it is not waited for. */
  told(): Promise<void> | undefined;
  /** The session is over. */
  ended(trail: CallTrail): void;
}

/** The session whose calls are noted. */
export interface TrailedSession {
  readonly id: string;
  readonly principal: string | undefined;
  readonly address: string | undefined;
  readonly state: 'open' | 'detached' | 'closed';
  readonly sender: {
    /** The client has read all messages up to this one, or they are no longer kept. */
    readonly readOffset: number;
    readonly resumeStrategy: {
      readonly resumable: boolean;
      readonly token: string | undefined;
      readonly key: string | undefined;
    };
  };
}

/** How a returning client names the session, and who it must be. */
export interface TrailHead {
  readonly id: string;
  readonly token?: string | undefined;
  readonly key?: string | undefined;
  readonly principal?: string | undefined;
  readonly address?: string | undefined;
}

/** News of the calls of a session, as plain data. */
export interface TrailUpdate {
  /** Names the session among those of its node. */
  readonly n: number;
  /** Set if the other node knows nothing of the session yet. */
  readonly head?: TrailHead;
  /** Calls that run: their ids, or the whole requests of those that may be run again. */
  readonly begun?: readonly (RequestId | JsonRpcRequest)[];
  /** Calls that are answered, and the offsets of their answers. */
  readonly answered?: readonly (readonly [RequestId, number])[];
  /** Calls whose answers the client does not wait for. */
  readonly over?: readonly RequestId[];
  /** Answers up to this offset are read. */
  readonly read?: number;
  /** The session is over. */
  readonly ended?: true;
}

interface Call {
  readonly id: RequestId;
  /** Set while the call runs, if it may be run again. */
  request: JsonRpcRequest | undefined;
  /** The offset of its answer; undefined while it runs. */
  offset: number | undefined;
  /** The other node knows of it. */
  told: boolean;
}

/**
 * Notes running calls, and calls whose answers are not known to be read. A call whose answer goes to
 * a connected client before the next news go out is told to no other node.
 */
export class CallTrail {
  readonly #session: TrailedSession;
  readonly #tracker: CallTracker;
  readonly #n: number;
  readonly #tools: AnnotatedTools | undefined;
  #running: Map<RequestId, Call> | undefined;
  /** In the order of their offsets. */
  #answers: Map<RequestId, Call> | undefined;
  /** Calls of which there is news. */
  readonly #fresh = new Set<Call>();
  /** How many of these the other node knows nothing of. */
  #untold = 0;
  /** POSTs wait until the other node knows of their calls, or nobody needs to. */
  #waiting: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #over: RequestId[] = [];
  /** How many calls the other node knows of, once it has been told how far the client has read. */
  #toldCount = 0;
  /** The other node has something of the session. */
  #kept = false;
  #ended = false;
  /** How far the client had read when the session ended, or went to another node. */
  #lastRead: number | undefined;

  /**
   * @param n names the session among those of its node
   * @param tools says which calls may be run again; undefined for none
   */
  constructor(session: TrailedSession, tracker: CallTracker, n: number, tools?: AnnotatedTools) {
    this.#session = session;
    this.#tracker = tracker;
    this.#n = n;
    this.#tools = tools;
  }

  /** Answers that the client is not known to have read, with their offsets: they travel with it. */
  get unread(): (readonly [RequestId, number])[] {
    this.#dropRead();
    return [...(this.#answers?.values() ?? [])].map(({ id, offset = 0 }) => [id, offset]);
  }

  /** The session has come from another node with these answers, in the order of their offsets. */
  restore(answers: readonly (readonly [RequestId, number])[]): void {
    if (answers.length === 0) return;
    this.#answers = new Map();
    for (const [id, offset] of answers) {
      const call: Call = { id, request: undefined, offset, told: false };
      this.#answers.set(id, call);
      if (this.#session.state !== 'open') this.#tell(call);
    }
    if (this.#fresh.size > 0) this.#tracker.changed(this, true);
  }

  /** A message of the client, which is passed on. */
  received(message: JsonRpcMessage): void {
    if (isRequest(message)) this.#begin(message);
    else {
      const cancelled = cancelledRequest(message);
      // [spec] A cancelled request is not answered, and its client does not wait.
      if (cancelled !== undefined) this.#cancel(cancelled);
    }
  }

  /** A message of the server, which goes out. */
  sent(message: JsonRpcMessage): void {
    this.#tools?.sent(message);
  }

  /** The answer to a request goes out at `offset`. */
  answered(id: RequestId, offset: number): void {
    const call = this.#running?.get(id);
    if (!call) return;
    this.#running?.delete(id);
    call.offset = offset;
    call.request = undefined;
    this.#answers ??= new Map();
    this.#answers.set(id, call);
    const isConnected = this.#session.state === 'open';
    if (call.told || !isConnected) this.#tell(call);
    else this.#untell(call);
    if (this.#answers.size > MAX_ANSWERS) this.#dropOldest(this.#answers);
    if (this.#fresh.has(call)) this.#tracker.changed(this, !isConnected);
  }

  /** The connection is gone, and what it was given may not have arrived. */
  detached(): void {
    if (!this.#answers) return;
    this.#dropRead();
    for (const call of this.#answers.values()) if (!call.told) this.#tell(call);
    if (this.#fresh.size > 0) this.#tracker.changed(this, true);
  }

  /** The session is closed. At another node its client may learn which answers it has missed. */
  closed(reason: CloseReason): void {
    if (reason === 'shutdown' || reason === 'restore-failed') this.leaves();
    else this.ended();
  }

  /**
   * The session goes to another node, or ends because this one does. What its client has not read is
   * noted until it is known to be elsewhere.
   */
  leaves(): void {
    this.#lastRead = this.#session.sender.readOffset;
    this.detached();
  }

  /** The session is over: it goes on at another node, or nobody comes back to it. */
  ended(): void {
    this.#ended = true;
    this.#tracker.ended(this);
  }

  /**
   * Resolves when the other node knows of the calls so far, or they are answered; undefined when
   * there is nothing to wait for.
   */
  told(): Promise<void> | undefined {
    const told = this.#untold > 0 ? this.#tracker.told() : undefined;
    if (!told) return undefined;
    this.#waiting ??= waiting();
    return Promise.race([told, this.#waiting.promise]);
  }

  /** The news, which count as told from now on. Undefined if there are none. */
  takeUpdate(): TrailUpdate | undefined {
    const isKept = this.#kept;
    if (this.#ended) return isKept ? { n: this.#n, ended: true } : undefined;
    this.#dropRead();
    const over = this.#over.splice(0);
    if (this.#fresh.size === 0 && over.length === 0) return undefined;
    const begun: (RequestId | JsonRpcRequest)[] = [];
    const answered: [RequestId, number][] = [];
    for (const call of this.#fresh) {
      if (call.offset === undefined) begun.push(call.request ?? call.id);
      else answered.push([call.id, call.offset]);
      if (!call.told) this.#toldCount += 1;
      call.told = true;
    }
    this.#fresh.clear();
    this.#untold = 0;
    // Whoever waits is told by the tracker now.
    this.#waiting = undefined;
    // It forgets a session of which it has no call.
    this.#kept = this.#toldCount > 0;
    return {
      n: this.#n,
      read: this.#readOffset,
      ...(!isKept && { head: this.#head() }),
      ...(begun.length > 0 && { begun }),
      ...(answered.length > 0 && { answered }),
      ...(over.length > 0 && { over }),
    };
  }

  /** As `takeUpdate`, for a node that knows nothing yet. */
  takeAll(): TrailUpdate | undefined {
    const isConnected = this.#session.state === 'open';
    this.#over = [];
    this.#toldCount = 0;
    this.#kept = false;
    for (const call of this.#running?.values() ?? []) this.#fresh.add(call);
    for (const call of this.#answers?.values() ?? []) {
      // The client is less likely to know the answers of calls that were told.
      if (call.told || !isConnected) this.#fresh.add(call);
    }
    for (const call of this.#fresh) call.told = false;
    return this.takeUpdate();
  }

  /** A session that is over keeps no messages, which does not mean that they were read. */
  get #readOffset(): number {
    return this.#lastRead ?? this.#session.sender.readOffset;
  }

  #begin(request: JsonRpcRequest): void {
    const { id, method } = request;
    if (NOT_NOTED.has(method) || !this.#session.sender.resumeStrategy.resumable) return;
    if (typeof id === 'string' && id.length > MAX_ID_CHARS) return;
    // [spec] Ids are never reused; a client that does so waits for this one.
    const former = this.#answers?.get(id);
    this.#answers?.delete(id);
    if (former) this.#forget(former);
    this.#tools?.received(request);
    const kept = this.#tools?.mayRunTwice(request) ? request : undefined;
    const call: Call = { id, request: kept, offset: undefined, told: false };
    this.#running ??= new Map();
    this.#running.set(id, call);
    this.#tell(call);
    this.#tracker.changed(this, true);
  }

  #cancel(id: RequestId): void {
    this.#tools?.cancelled(id);
    const call = this.#running?.get(id);
    if (!call) return;
    this.#running?.delete(id);
    this.#forget(call);
    this.#tracker.changed(this, false);
  }

  /** More answers wait than are noted. */
  #dropOldest(answers: Map<RequestId, Call>): void {
    for (const oldest of answers.values()) {
      answers.delete(oldest.id);
      this.#forget(oldest);
      return;
    }
  }

  /** There is news of the call. */
  #tell(call: Call): void {
    if (!this.#fresh.has(call) && !call.told) this.#untold += 1;
    this.#fresh.add(call);
  }

  #untell(call: Call): void {
    if (!this.#fresh.delete(call) || call.told) return;
    this.#untold -= 1;
    if (this.#untold > 0) return;
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  #forget(call: Call): void {
    this.#untell(call);
    if (!call.told) return;
    this.#toldCount -= 1;
    this.#over.push(call.id);
  }

  /** The other node does the same when it is told how far the client has read. */
  #dropRead(): void {
    const readOffset = this.#readOffset;
    for (const call of this.#answers?.values() ?? []) {
      if (call.offset === undefined || call.offset > readOffset) return;
      this.#answers?.delete(call.id);
      // Taken for one that runs, as far as the other node was told.
      if (this.#fresh.has(call)) this.#forget(call);
      else if (call.told) this.#toldCount -= 1;
    }
  }

  #head(): TrailHead {
    const { id, principal, address, sender } = this.#session;
    const { token, key } = sender.resumeStrategy;
    return { id, token, key, principal, address };
  }
}

function waiting(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
