import { McpSseError } from '../errors.js';
import type { ConnectionWriter } from '../stream/connection-writer.js';
import { encodeMessage } from '../wire/sse-encoder.js';
import { isRequest, type JsonRpcMessage, type JsonRpcNotification } from '../wire/json-rpc.js';
import type { LiveSession } from './live-session.js';
import type { Probes } from './resume/probes.js';
import type { RequestFacts } from './request-facts.js';
import type { SessionRegistry } from './registry.js';
import { resumptionOf, type ResumeClaim } from './resume/resume-claim.js';

/** What a client has posted, checked and parsed: plain data, fit to be passed on. */
export interface InboundPost {
  readonly sessionId: string;
  readonly principal: string | undefined;
  /** How far the client has read, as the URL that it was given tells. */
  readonly offset: number | undefined;
  readonly messages: readonly JsonRpcMessage[];
  readonly facts: RequestFacts;
}

/** A client that comes back to a session that it had: plain data, too. */
export interface Claimant {
  readonly claim: ResumeClaim;
  readonly principal: string | undefined;
}

/** Whose sessions a broadcast is for. */
export interface Audience<Data> {
  readonly principal?: string | undefined;
  readonly filter?: ((session: LiveSession<Data>) => boolean) | undefined;
}

/** Where sessions live, and what is asked of them: this node, or another one. */
export interface Host {
  /**
   * Hands messages to their session, all or none. When it returns, or resolves, the session has
   * them.
   *
   * @throws McpSseError `session-not-found`, `shutting-down`, or as `Inlet.receive`.
   */
  post(posting: InboundPost): void | Promise<void>;
  /** The id of the session that a client comes back to. @throws McpSseError as `resumptionOf` */
  find(client: Claimant): string | Promise<string>;
  /**
   * Gives the session its client's new stream, which is told `messageUrl` first.
   *
   * @param begin called once the session is sure to take the stream
   * @throws McpSseError as `resumptionOf`
   */
  attach(client: Claimant, messageUrl: string, begin: () => ConnectionWriter): void | Promise<void>;
  /** As `Session.send`. @throws McpSseError (as a rejection) `session-not-found`, too */
  send(sessionId: string, message: JsonRpcMessage): Promise<void>;
}

/** What is asked of the sessions of this node, by clients here or through another node. */
export class LocalHost<Data> implements Host {
  readonly #sessions: SessionRegistry<Data>;
  readonly #probes: Probes;

  constructor(sessions: SessionRegistry<Data>, probes: Probes) {
    this.#sessions = sessions;
    this.#probes = probes;
  }

  /**
   * The session of that id, for its principal.
   *
   * @throws McpSseError `session-not-found`: an unknown session and somebody else's get the same
   * answer, so that nobody learns which ids exist.
   */
  sessionOf(sessionId: string, principal: string | undefined): LiveSession<Data> {
    const session = this.#sessions.get(sessionId);
    if (!session || session.principal !== principal) throw notFound();
    return session;
  }

  post(posting: InboundPost): void {
    const { sessionId, principal, offset, messages, facts } = posting;
    const session = this.sessionOf(sessionId, principal);
    if (this.#sessions.draining && messages.some(isRequest)) {
      throw new McpSseError('shutting-down', 'the server is shutting down');
    }
    noteCapabilities(session, posting);
    const answer = { sessionId, offset };
    const theirs = messages.filter((message) => !this.#probes.settle(message, answer));
    if (theirs.length > 0) session.receiver.receive(theirs, facts);
  }

  find({ claim, principal }: Claimant): string {
    return resumptionOf(claim, principal, this.#sessions).session.id;
  }

  attach({ claim, principal }: Claimant, messageUrl: string, begin: () => ConnectionWriter): void {
    const { session, offset } = resumptionOf(claim, principal, this.#sessions);
    session.attach(begin(), messageUrl, offset);
  }

  async send(sessionId: string, message: JsonRpcMessage): Promise<void> {
    const session = this.#sessions.get(sessionId);
    if (!session) throw notFound();
    await session.send(message);
  }

  /** Sends to all sessions of the audience, encoded once, and waits for none; says to how many. */
  broadcast(message: JsonRpcNotification, { principal, filter }: Audience<Data>): number {
    const frame = { ...encodeMessage(message), shared: true };
    let reached = 0;
    for (const session of this.#sessions) {
      if (principal !== undefined && session.principal !== principal) continue;
      if (filter && !filter(session)) continue;
      void session.sendFrame(message, frame);
      reached += 1;
    }
    return reached;
  }
}

/** What a POST shows of the client: how far it has read, and whether it can answer a probe. */
function noteCapabilities<Data>(
  { sender }: LiveSession<Data>,
  { offset, messages, facts }: InboundPost,
): void {
  if (offset !== undefined) sender.acknowledge(offset);
  if (!sender.resumeStrategy.undecided || messages.some(isInitialize)) return;
  sender.decide('mcp-protocol-version' in facts.headers);
}

const isInitialize = (message: JsonRpcMessage): boolean =>
  'method' in message && message.method === 'initialize';

function notFound(): McpSseError {
  return new McpSseError('session-not-found', 'no such session');
}
