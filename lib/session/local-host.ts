// What is asked of the sessions of this node.
import { McpSseError } from '../errors.js';
import type { ConnectionWriter } from '../stream/connection-writer.js';
import { ignoreResult, isPromiseLike } from '../util/promises.js';
import { encodeMessage } from '../wire/sse-encoder.js';
import { isRequest, type JsonRpcMessage, type JsonRpcNotification } from '../wire/json-rpc.js';
import type { Audience } from './audience.js';
import type { Change } from './changes.js';
import type { Usage } from './events/usage.js';
import type { UsageReport } from './events/usage-rows.js';
import type { LiveSession } from './live-session.js';
import type { Probes } from './resume/probes.js';
import type { SessionRegistry } from './registry.js';
import type { SunsetGate } from './sunset-gate.js';
import type { Session } from './session.js';
import { principalsDiffer, sessionNotFound } from './session-not-found.js';
import type { Claimant, Host, InboundPost } from './host.js';

/** What is asked of the sessions of this node, by clients here or through another node. */
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
   * The session of that id, for its principal.
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

  post(inbound: InboundPost): void | Promise<void> {
    const { sessionId, principal, position, messages, facts, bytes } = inbound;
    const session = this.sessionOf(sessionId, principal);
    if (this.#sessions.draining && messages.some(isRequest)) {
      throw new McpSseError('shutting-down', 'the server is shutting down');
    }
    noteCapabilities(session, inbound);
    const answer = { sessionId, position };
    const theirs = messages.filter((message) => !this.#probes.settle(message, answer));
    if (theirs.length === 0 || this.#sunsetGate?.pass(session, theirs) === false) return undefined;
    return session.receiver.receive(theirs, facts, bytes);
  }

  find({ claim, principal }: Claimant): string {
    return this.#sessions.resume(claim, principal).session.id;
  }

  attach({ claim, principal }: Claimant, messageUrl: string, begin: () => ConnectionWriter): void {
    const { session, offset } = this.#sessions.resume(claim, principal);
    // It has just shown that it can answer a probe.
    if (claim.by === 'probe') session.sender.decide(true);
    session.attach(begin(), messageUrl, offset);
  }

  async send(sessionId: string, message: JsonRpcMessage): Promise<void> {
    const session = this.#sessions.get(sessionId);
    if (!session) throw sessionNotFound();
    await session.send(message);
  }

  /**
   * Sends to all sessions of the audience, encoded once, and waits for none. Returns to how many.
   *
   * @throws McpSseError `not-serializable`; `invalid-option` for a filter that returns a promise;
   * what the filter throws: nothing is sent then
   */
  broadcast(message: JsonRpcNotification, audience: Audience<Data>): number {
    const frame = { ...encodeMessage(message), shared: true };
    const chosen = [...this.#sessions].filter((session) => isIn(audience, session.handle));
    for (const session of chosen) void session.sendFrame(message, frame);
    return chosen.length;
  }

  /**
   * Tells sessions of a change, once they are initialized: those that have subscribed to its resource,
   * if it is about one.
   *
   * @throws McpSseError `not-serializable`
   */
  announce({ message, uri }: Change): void {
    const frame = { ...encodeMessage(message), shared: true };
    for (const session of [...this.#sessions]) {
      const { over, settings } = session.handshake;
      const concerned = uri === undefined || settings.subscriptions.has(uri);
      if (over && concerned) void session.sendFrame(message, frame);
    }
  }

  /** What this node has counted. */
  usage(): UsageReport {
    return this.#usage.report(this.#sessions);
  }
}

function isIn<Data>({ principal, filter }: Audience<Data>, session: Session<Data>): boolean {
  if (principal !== undefined && session.principal !== principal) return false;
  const answer: unknown = filter ? filter(session) : true;
  if (!isPromiseLike(answer)) return Boolean(answer);
  ignoreResult(answer);
  throw new McpSseError('invalid-option', 'broadcast: filter must return a boolean, not a promise');
}

/** What a POST shows of the client: how far it has read, and whether it can answer a probe. */
function noteCapabilities<Data>(
  { sender }: LiveSession<Data>,
  { position, messages, facts }: InboundPost,
): void {
  const offset = sender.resumeStrategy.offsetOf(position);
  if (offset !== undefined) sender.acknowledge(offset);
  if (!sender.resumeStrategy.undecided || messages.some(isInitialize)) return;
  sender.decide('mcp-protocol-version' in facts.headers);
}

const isInitialize = (message: JsonRpcMessage): boolean =>
  'method' in message && message.method === 'initialize';
