// Serves requests to the sessions of this node.
import { McpSseError } from '../errors.js';
import type { ConnectionWriter } from '../stream/connection-writer.js';
import { ignoreResult, isPromiseLike } from '../util/promises.js';
import { encodeMessage } from '../wire/sse-encoder.js';
import { isRequest, type JsonRpcMessage, type JsonRpcNotification } from '../wire/json-rpc.js';
import type { Audience } from './audience.js';
import type { Change } from './changes.js';
import type { Usage } from './events/usage.js';
import type { UsageReport } from './events/usage-rows.js';
import { isInitialize } from './inbound/handshake.js';
import type { LiveSession } from './live-session.js';
import type { Probes } from './resume/probes.js';
import type { SessionRegistry } from './registry.js';
import type { SunsetGate } from './sunset-gate.js';
import type { Session } from './session.js';
import { principalsDiffer, sessionNotFound } from './session-not-found.js';
import type { Claimant, Host, InboundPost } from './host.js';

/** Serves requests to the sessions of this node, from clients here or through another node. */
export class LocalHost<Data> implements Host {
  readonly #sessions: SessionRegistry<Data>;
  readonly #probes: Probes;
  readonly #usage: Usage;
  readonly #sunsetGate: SunsetGate<Data> | undefined;

  constructor(
    sessions: SessionRegistry<Data>,
    probes: Probes,
    usage: Usage,
    sunsetGate: SunsetGate<Data> | undefined,
  ) {
    this.#sessions = sessions;
    this.#probes = probes;
    this.#usage = usage;
    this.#sunsetGate = sunsetGate;
  }

  /**
   * Returns the session of that id, if it belongs to the principal.
   *
   * @throws McpSseError `session-not-found`
   */
  sessionOf(sessionId: string, principal: string | undefined): LiveSession<Data> {
    const session = this.#sessions.get(sessionId);
    if (!session) throw sessionNotFound();
    if (session.principal !== principal) {
      throw sessionNotFound(principalsDiffer(session.principal, principal));
    }
    return session;
  }

  /** Whether the session of that id is here, or about to arrive. */
  has(sessionId: string): boolean {
    const { arrivals } = this.#sessions;
    return this.#sessions.get(sessionId) !== undefined || arrivals.of(sessionId) !== undefined;
  }

  /** Checks as `sessionOf`; first waits for a session that is about to arrive. */
  check(sessionId: string, principal: string | undefined): void | Promise<void> {
    const arrival = this.#sessions.arrivals.of(sessionId);
    if (arrival) return arrival.then(() => this.check(sessionId, principal));
    this.sessionOf(sessionId, principal);
  }

  /**
   * Whether the claimed session has come, or is coming, from another node. Ignores the principal.
   */
  hasAdopted({ claim, principal }: Claimant): boolean {
    if (this.#sessions.arrivals.claimed(claim, principal)) return true;
    return (this.#sessions.claimed(claim, principal)?.epoch ?? 0) > 0;
  }

  /** The ids of the sessions that have come from other nodes, and the tokens of their streams. */
  foreignNames(): string[] {
    const names: string[] = [];
    for (const session of this.#sessions) if (session.epoch > 0) names.push(...namesOf(session));
    return names;
  }

  post(inbound: InboundPost): void | Promise<void> {
    const { sessionId, principal, messages } = inbound;
    const arrival = this.#sessions.arrivals.of(sessionId);
    if (arrival) return arrival.then(() => this.post(inbound));
    const session = this.sessionOf(sessionId, principal);
    const held = session.handOver?.hold(messages);
    if (!held) return this.#take(session, inbound);
    return held.then((whereabouts) => {
      if (whereabouts === 'elsewhere') throw sessionNotFound();
      return this.#take(session, inbound);
    });
  }

  #take(session: LiveSession<Data>, inbound: InboundPost): void | Promise<void> {
    const { sessionId, position, messages, facts, bytes } = inbound;
    const ends = this.#sessions.draining && !session.handOver;
    if (ends && messages.some(isRequest)) {
      throw new McpSseError('shutting-down', 'the server is shutting down');
    }
    noteCapabilities(session, inbound);
    const answer = { sessionId, position };
    const theirs = messages.filter((message) => !this.#probes.settle(message, answer));
    if (theirs.length === 0) return undefined;
    checkHandshake(session, theirs);
    if (this.#sunsetGate?.pass(session, theirs) === false) return undefined;
    const taken = session.receiver.receive(theirs, facts, bytes);
    // [spec] 202 accepts the message: it must get an answer even if this node is killed.
    return taken ? taken.then(() => session.calls?.told()) : session.calls?.told();
  }

  find({ claim, principal }: Claimant): string | Promise<string> {
    const arrival = this.#sessions.arrivals.claimed(claim, principal);
    if (arrival) return arrival.then(() => this.find({ claim, principal }));
    return this.#sessions.resume(claim, principal).session.id;
  }

  attach(
    client: Claimant,
    messageUrl: string,
    begin: () => ConnectionWriter,
  ): void | Promise<void> {
    const { claim, principal } = client;
    const arrival = this.#sessions.arrivals.claimed(claim, principal);
    if (arrival) return arrival.then(() => this.attach(client, messageUrl, begin));
    const { session, offset } = this.#sessions.resume(claim, principal);
    if (session.handOver?.frozen) {
      return session.handOver.whereabouts().then(() => {
        throw sessionNotFound();
      });
    }
    // The client has just answered a probe.
    if (claim.by === 'probe') session.sender.decide(true);
    session.attach(begin(), messageUrl, offset);
  }

  async send(sessionId: string, message: JsonRpcMessage): Promise<void> {
    await this.#sessions.arrivals.of(sessionId);
    const session = this.#sessions.get(sessionId);
    if (!session) throw sessionNotFound();
    await session.send(message);
  }

  /**
   * Sends to all sessions of the audience and waits for none. Encodes the message once. Returns the
   * number of sessions.
   *
   * @throws McpSseError `not-serializable`; `invalid-option` for a filter that returns a promise; any
   * throw of the filter. Then no session gets the message
   */
  broadcast(message: JsonRpcNotification, audience: Audience<Data>, origin?: Origin): number {
    const frame = { ...encodeMessage(message), shared: true };
    const chosen = [...this.#sessions].filter(
      (session) => isIn(audience, session.handle) && !hasElsewhere(session, origin),
    );
    for (const session of chosen) void session.sendFrame(message, frame);
    return chosen.length;
  }

  /**
   * Notifies initialized sessions of a change. Only subscribers get the change of a resource.
   *
   * @throws McpSseError `not-serializable`
   */
  announce({ message, uri }: Change): void {
    const frame = { shared: true, ...encodeMessage(message) };
    for (const session of [...this.#sessions]) {
      const { over, settings } = session.handshake;
      const concerned = uri === undefined || settings.subscriptions.has(uri);
      if (over && concerned) void session.sendFrame(message, frame);
    }
  }

  /** The counts of this node. */
  usage(): UsageReport {
    return this.#usage.report(this.#sessions);
  }
}

/** The names that a returning client may give for its session. */
export function namesOf<Data>({ id, sender }: LiveSession<Data>): string[] {
  const { token } = sender.resumeStrategy;
  return token === undefined ? [id] : [id, token];
}

/** The node that broadcasts, and the number of this broadcast among its own. */
export interface Origin {
  readonly node: string;
  readonly n: number;
}

/** Whether the session has got the broadcast on its former node, or will get it on its next. */
function hasElsewhere<Data>(session: LiveSession<Data>, origin: Origin | undefined): boolean {
  if (!origin) return false;
  return (
    session.handOver?.frozen === true || origin.n <= (session.broadcastsSeen?.[origin.node] ?? 0)
  );
}

function isIn<Data>({ principal, filter }: Audience<Data>, session: Session<Data>): boolean {
  if (principal !== undefined && session.principal !== principal) return false;
  const answer: unknown = filter ? filter(session) : true;
  if (!isPromiseLike(answer)) return Boolean(answer);
  ignoreResult(answer);
  throw new McpSseError('invalid-option', 'broadcast: filter must return a boolean, not a promise');
}

/** Reads from a POST how far the client has read, and whether it can answer a probe. */
function noteCapabilities<Data>(
  { sender }: LiveSession<Data>,
  { position, messages, facts }: InboundPost,
): void {
  const offset = sender.resumeStrategy.offsetOf(position);
  if (offset !== undefined) sender.acknowledge(offset);
  if (!sender.resumeStrategy.undecided || messages.some(isInitialize)) return;
  sender.decide('mcp-protocol-version' in facts.headers);
}

/** @throws McpSseError `session-not-found`, after which a client initializes again */
function checkHandshake<Data>(
  { mustInitialize, handshake }: LiveSession<Data>,
  messages: readonly JsonRpcMessage[],
): void {
  if (!mustInitialize || handshake.started) return;
  const isEarly = messages.some(
    (message) => isRequest(message) && message.method !== 'ping' && !isInitialize(message),
  );
  if (isEarly) throw sessionNotFound('the client has to initialize again: adopt is false');
}
