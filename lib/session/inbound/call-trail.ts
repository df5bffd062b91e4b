// Notes the calls of one session that its client may still wait for.
import {
  cancelledRequest,
  isRequest,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type RequestId,
} from '../../wire/json-rpc.js';

import type { CloseReason } from '../session.js';
import type { AnnotatedTools } from './annotated-tools.js';
import { LastAnswers, MAX_ANSWERS } from './last-answers.js';
import type { TrailHead, TrailUpdate } from './trail-update.js';
import type { TrailedSession } from './trailed-session.js';

/** Calls whose ids are longer are not noted. */
const MAX_ID_CHARS = 128;
/** Methods that are not noted: they are answered at once, and no client resumes an `initialize`. */
const NOT_NOTED: ReadonlySet<string> = new Set(['initialize', 'ping']);

/** Tells another node of the notes. Methods must not throw. */
export interface CallTracker {
  /** The trail has news: to be sent soon, or later together with other news. */
  changed(trail: CallTrail, soon: boolean): void;
  /** Resolves when the other node knows the news so far; undefined if POSTs need not wait. */
  told(): Promise<void> | undefined;
  /** The session is over. */
  ended(trail: CallTrail): void;
}

/** The id of an answered call, and the offset of its answer. */
type Pair = readonly [RequestId, number];

interface Call {
  readonly id: RequestId;
  /** Whether the other node knows of it. */
  told: boolean;
}

interface Running extends Call {
  /** The request, if it may run again. */
  readonly request: JsonRpcRequest | undefined;
}

/** An answered call, with the offset of its answer. */
interface Answered extends Call {
  readonly offset: number;
}

/**
 * Notes running calls, and answered calls that the client may not have read. The other node never
 * learns of a call whose answer goes to a connected client before the next news is sent. Most calls
 * are such calls, and cost little.
 */
export class CallTrail {
  readonly #session: TrailedSession;
  readonly #tracker: CallTracker;
  readonly #n: number;
  readonly #tools: AnnotatedTools | undefined;
  readonly #running = new Map<RequestId, Running>();
  /** Answers that the other node need not know of while the client is connected. */
  #last: LastAnswers | undefined;
  /** The other answers, in the order of their offsets. */
  #answers: Map<RequestId, Answered> | undefined;
  /** Those of `#answers` that the other node is still to learn of. */
  readonly #fresh = new Set<Answered>();
  /** The number of calls that the other node is to learn of and does not know, running or answered. */
  #untold = 0;
  /** POSTs wait for this: the other node knows their calls, or need not any more. */
  #waiting: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #over: RequestId[] = [];
  /** The number of calls that the other node knows, once it knows what the client has read. */
  #toldCount = 0;
  /** The other node keeps calls of the session. */
  #kept = false;
  #ended = false;
  /** The offset up to which the client had read when the session ended or moved. */
  #lastRead: number | undefined;

  /**
   * @param n names the session among those of its node
   * @param tools knows which calls may run again; undefined for none
   */
  constructor(session: TrailedSession, tracker: CallTracker, n: number, tools?: AnnotatedTools) {
    this.#session = session;
    this.#tracker = tracker;
    this.#n = n;
    this.#tools = tools;
  }

  /** Answers that the client may not have read, with their offsets. They move with the session. */
  get unread(): Pair[] {
    this.#dropRead();
    const others = [...(this.#answers?.values() ?? [])].map(pairOf);
    return [...others, ...this.#unreadLast()].sort(byOffset).slice(-MAX_ANSWERS);
  }

  /** The session has come from another node with these answers, in the order of their offsets. */
  restore(answers: readonly Pair[]): void {
    for (const [id, offset] of answers) this.#noteLast(id, offset);
    if (this.#session.state !== 'open') this.detached();
  }

  /** The server gets a message of the client. */
  received(message: JsonRpcMessage): void {
    if (isRequest(message)) this.#begin(message);
    else {
      const cancelled = cancelledRequest(message);
      // [spec] A cancelled request gets no answer, and its client does not wait.
      if (cancelled !== undefined) this.#cancel(cancelled);
    }
  }

  /** The client gets a message of the server. */
  sent(message: JsonRpcMessage): void {
    this.#tools?.sent(message);
  }

  /** The answer to a request goes out at `offset`. */
  answered(id: RequestId, offset: number): void {
    const call = this.#running.get(id);
    if (!call) return;
    this.#running.delete(id);
    const isConnected = this.#session.state === 'open';
    if (isConnected && !call.told) {
      this.#noteLast(id, offset);
      this.#oneKnown();
      return;
    }
    const answered = { id, told: call.told, offset };
    this.#answers ??= new Map();
    this.#answers.set(id, answered);
    this.#fresh.add(answered);
    if (this.#answers.size > MAX_ANSWERS) this.#dropOldest(this.#answers);
    this.#tracker.changed(this, !isConnected);
  }

  /** The connection is lost: messages that it was given may not have arrived. */
  detached(): void {
    this.#tellLast();
    this.#dropRead();
    if (this.#fresh.size > 0) this.#tracker.changed(this, true);
  }

  /** The session is closed. After a shutdown, another node tells its client the missed answers. */
  closed(reason: CloseReason): void {
    if (reason === 'shutdown' || reason === 'restore-failed') this.leaves();
    else this.ended();
  }

  /**
   * The session moves to another node, or ends because this one does. Unread answers stay noted
   * until another node has the session.
   */
  leaves(): void {
    this.#lastRead = this.#session.sender.readOffset;
    this.detached();
  }

  /** The session is over: another node has it, or its client cannot come back. */
  ended(): void {
    this.#ended = true;
    this.#tracker.ended(this);
  }

  /**
   * Resolves when the other node knows the calls so far, or they are answered; undefined if there
   * is nothing to wait for.
   */
  told(): Promise<void> | undefined {
    if (this.#untold === 0) return undefined;
    if (!this.#waiting) {
      const told = this.#tracker.told();
      if (!told) return undefined;
      this.#waiting = waiting();
      void told.then(this.#waiting.resolve);
    }
    return this.#waiting.promise;
  }

  /** Returns the news and marks it as told. Undefined if there is none. */
  takeUpdate(): TrailUpdate | undefined {
    const isKept = this.#kept;
    if (this.#ended) return isKept ? { n: this.#n, ended: true } : undefined;
    this.#dropRead();
    const over = this.#over.splice(0);
    if (this.#untold === 0 && this.#fresh.size === 0 && over.length === 0) return undefined;
    const begun: (RequestId | JsonRpcRequest)[] = [];
    for (const call of this.#running.values()) {
      if (!call.told) begun.push(call.request ?? call.id);
      this.#markTold(call);
    }
    const answered = [...this.#fresh].map(pairOf).sort(byOffset);
    for (const call of this.#fresh) this.#markTold(call);
    this.#fresh.clear();
    this.#untold = 0;
    // The tracker settles the waits from now on.
    this.#waiting = undefined;
    // The other node forgets a session without calls.
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

  /** Returns all calls, for a node that knows nothing yet, as `takeUpdate` does. */
  takeAll(): TrailUpdate | undefined {
    this.#over = [];
    this.#toldCount = 0;
    this.#kept = false;
    // A connected client has probably read the answers of calls that were never told.
    if (this.#session.state !== 'open') this.#tellLast();
    for (const call of this.#answers?.values() ?? []) this.#fresh.add(call);
    for (const call of [...this.#running.values(), ...this.#fresh]) call.told = false;
    this.#untold = this.#running.size + this.#fresh.size;
    return this.takeUpdate();
  }

  /** Not the sender's offset after the end: it then keeps no messages, read or not. */
  get #readOffset(): number {
    return this.#lastRead ?? this.#session.sender.readOffset;
  }

  #begin(request: JsonRpcRequest): void {
    const { id, method } = request;
    if (NOT_NOTED.has(method) || !this.#session.sender.resumeStrategy.resumable) return;
    if (typeof id === 'string' && id.length > MAX_ID_CHARS) return;
    // [spec] Ids are never reused. A client that reuses one waits for the new call.
    const former = this.#answers?.get(id);
    if (former) {
      this.#answers?.delete(id);
      this.#forget(former);
    }
    this.#tools?.received(request);
    const kept = this.#tools?.mayRunTwice(request) ? request : undefined;
    this.#running.set(id, { id, told: false, request: kept });
    this.#untold += 1;
    this.#tracker.changed(this, true);
  }

  #cancel(id: RequestId): void {
    this.#tools?.cancelled(id);
    const call = this.#running.get(id);
    if (!call) return;
    this.#running.delete(id);
    this.#forget(call);
    this.#tracker.changed(this, false);
  }

  #noteLast(id: RequestId, offset: number): void {
    this.#last ??= new LastAnswers();
    this.#last.push(id, offset);
  }

  /** Those that the client may not have read, but for ids that it has used again since then. */
  #unreadLast(): Pair[] {
    const unread = new Map(this.#last?.after(this.#readOffset));
    return [...unread].filter(([id]) => !this.#running.has(id) && !this.#answers?.has(id));
  }

  /** Marks the answers that were kept from the other node as news. */
  #tellLast(): void {
    const unread = this.#unreadLast();
    this.#last = undefined;
    if (unread.length === 0) return;
    const late = unread.map(([id, offset]) => ({ id, told: false, offset }));
    for (const call of late) this.#fresh.add(call);
    this.#untold += late.length;
    const all = [...(this.#answers?.values() ?? []), ...late];
    all.sort((one, other) => one.offset - other.offset);
    this.#answers = new Map(all.map((call) => [call.id, call]));
    while (this.#answers.size > MAX_ANSWERS) this.#dropOldest(this.#answers);
  }

  /** Drops the oldest answer: there are more than MAX_ANSWERS. */
  #dropOldest(answers: Map<RequestId, Answered>): void {
    for (const oldest of answers.values()) {
      answers.delete(oldest.id);
      this.#forget(oldest);
      return;
    }
  }

  #markTold(call: Call): void {
    if (!call.told) this.#toldCount += 1;
    call.told = true;
  }

  /** The other node need not learn of one of the calls that it does not know. */
  #oneKnown(): void {
    this.#untold -= 1;
    if (this.#untold > 0) return;
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  #forget(call: Running | Answered): void {
    if ('offset' in call) this.#fresh.delete(call);
    if (!call.told) {
      this.#oneKnown();
      return;
    }
    this.#toldCount -= 1;
    this.#over.push(call.id);
  }

  /** Drops answers that the client has read. The other node does the same by `read`. */
  #dropRead(): void {
    if (!this.#answers) return;
    const readOffset = this.#readOffset;
    for (const call of this.#answers.values()) {
      if (call.offset > readOffset) return;
      this.#answers.delete(call.id);
      // The other node still takes it for a running call.
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

const pairOf = ({ id, offset }: Answered): Pair => [id, offset];

const byOffset = ([, one]: Pair, [, other]: Pair): number => one - other;

function waiting(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
