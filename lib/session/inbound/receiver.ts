// The incoming half of a session: messages in order, to whatever serves it.
import { McpSseError } from '../../errors.js';
import { sessionNotFound } from '../session-not-found.js';
import { cancelledRequest, isRequest, type JsonRpcMessage } from '../../wire/json-rpc.js';
import { deliver } from '../../util/delivery.js';
import type { RequestFacts } from '../request-facts.js';
import type { MessageSink, Session } from '../session.js';
import { checkInitialize } from './handshake.js';
import { InFlight } from './in-flight.js';
import { ScopeGate, type ScopeCheck } from './scope-gate.js';

/**
 * Milliseconds for which a request that was cancelled keeps its slot, where nothing says that its
 * work is over: servers of the SDKs do not answer it.
 */
const CANCELLED_MS = 2_000;

/** The session whose messages a receiver takes. */
export interface ReceivingSession {
  /** What the application gets of it. */
  readonly handle: object;
  readonly state: Session['state'];
  readonly handOver?: { readonly frozen: boolean } | undefined;
  /**
   * Notes a message of the client, and returns what goes on to whatever serves the session, if
   * anything does. `body` is the POST that carried it alone.
   */
  messageReceived(message: JsonRpcMessage, body?: RequestFacts): JsonRpcMessage | undefined;
  /** What the client's requests hold: `bytes` more, or fewer if negative. */
  heldBytesChanged(bytes: number): void;
  /** Whatever serves the session threw. */
  deliveryFailed(message: JsonRpcMessage, error: McpSseError): void;
}

/** The incoming half of a session: takes the client's messages and passes them on in order. */
export class Receiver {
  readonly inFlight: InFlight;
  readonly #session: ReceivingSession;
  readonly #maxConcurrentRequests: number;
  #sink: MessageSink | undefined;
  #scopeGate: ScopeGate | undefined;

  constructor(session: ReceivingSession, maxConcurrentRequests: number) {
    this.#session = session;
    this.#maxConcurrentRequests = maxConcurrentRequests;
    this.inFlight = new InFlight(session, maxConcurrentRequests);
  }

  /** Sets what gets the messages. */
  serveWith(sink: MessageSink): void {
    this.#sink = sink;
  }

  /** Sets what says whether a caller has the scopes for a request. */
  checkScopes(check: ScopeCheck): void {
    this.#scopeGate = new ScopeGate(check, this.#session, this.#maxConcurrentRequests);
  }

  /**
   * Takes the messages of one POST, all or none, which hold `bytes` of memory: in this tick, unless
   * the check of their scopes takes longer.
   *
   * @throws McpSseError as `checkInitialize`, `ScopeGate.pass` and `InFlight.admit`;
   * `session-not-found` when the session has closed.
   */
  receive(
    messages: readonly JsonRpcMessage[],
    facts: RequestFacts,
    bytes = 0,
  ): void | Promise<void> {
    if (this.#isClosed()) throw sessionNotFound();
    messages.forEach(checkInitialize);
    if (!this.#scopeGate) {
      this.#take(messages, facts, bytes);
      return;
    }
    return this.#scopeGate.pass(messages, facts, bytes, () => {
      if (this.#isClosed()) throw sessionNotFound();
      if (this.#session.handOver?.frozen) {
        throw new McpSseError('shutting-down', 'the session is moving to another node: try again');
      }
      this.#take(messages, facts, bytes);
    });
  }

  #take(messages: readonly JsonRpcMessage[], facts: RequestFacts, bytes: number): void {
    this.inFlight.admit(messages, bytes);
    const body = messages.length === 1 ? facts : undefined;
    for (const message of messages) this.#deliver(message, facts, body);
  }

  /** Says something to what serves the session that no client has sent. */
  say(message: JsonRpcMessage, facts: RequestFacts): void {
    this.inFlight.admit([message]);
    this.#sink?.receive(message, facts);
  }

  /** The session is over: what runs is told to stop. */
  close(reasonOf: () => McpSseError): void {
    this.inFlight.cancelAll(reasonOf);
    // What does not say when its work is over counts as over now.
    if (!this.#sink?.reportsCompletion) this.inFlight.releaseCancelledBefore(Infinity);
    this.#sink?.closed();
  }

  /** Frees the slots of requests that were cancelled a while before `now`. */
  sweep(now: number): void {
    if (!this.#sink?.reportsCompletion) {
      this.inFlight.releaseCancelledBefore(now - CANCELLED_MS);
    }
  }

  #deliver(message: JsonRpcMessage, facts: RequestFacts, body?: RequestFacts): void {
    // An earlier member of the batch, or a hook, may have closed the session.
    const passedOn = this.#isClosed() ? undefined : this.#session.messageReceived(message, body);
    if (!passedOn) {
      // Nobody works on it who would say that its work is over.
      if (isRequest(message)) this.inFlight.release(message.id);
      return;
    }
    try {
      deliver(this.#session.handle, message, () => this.#sink?.receive(passedOn, facts));
    } catch (error) {
      this.#session.deliveryFailed(message, McpSseError.from(error, 'server-failed'));
    }
    // After the sink: an SDK server aborts the handler by itself and answers no more.
    const cancelled = cancelledRequest(message);
    if (cancelled !== undefined) this.inFlight.cancel(cancelled, cancellation());
  }

  #isClosed(): boolean {
    return this.#session.state === 'closed';
  }
}

function cancellation(): McpSseError {
  return new McpSseError('request-cancelled', 'the client has cancelled the request');
}
