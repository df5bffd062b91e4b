// A session in the shape of the SDKs' transport.
import { McpSseError } from '../../errors.js';
import { isRecord } from '../../util/guards.js';
import { isPromiseLike, settled } from '../../util/promises.js';
import type { JsonRpcMessage } from '../../wire/json-rpc.js';
import { lazyRequest } from './lazy-request.js';
import type { LiveSession } from '../live-session.js';
import type { AuthInfo, RequestFacts } from '../request-facts.js';
import type { MessageSink, Session } from '../session.js';
import { scopeCheck, type ScopeChallengeResolver } from './scope-challenge.js';

/**
 * An MCP server of either official SDK, `McpServer` or the low-level `Server`: typed by shape, so
 * that this package depends on neither.
 */
export interface McpServerLike {
  connect(transport: SessionTransport): Promise<void>;
  close(): Promise<void>;
}

/**
 * What `server` is told: the session, and the GET that opened it. It fits the `McpRequestContext` of
 * SDK v2, so that its `McpServerFactory` is a factory for sessions as it is.
 */
export interface SessionContext<Data = unknown> extends Omit<RequestFacts, 'authInfo'> {
  readonly session: Session<Data>;
  /** SDK v2's name for the revisions of the protocol that have `initialize`. */
  readonly era: 'legacy';
  /** What the application's authentication put into `req.auth`. */
  readonly authInfo?: AuthInfo;
  /** The GET that opened the session, as a web-standard `Request`; made when it is looked at. */
  readonly requestInfo: Request;
}

export type ServerFactory<Data = unknown> = (
  context: SessionContext<Data>,
) => McpServerLike | Promise<McpServerLike>;

/**
 * The SDKs' `MessageExtraInfo`: v1 reads `requestInfo`, v2 `request`, both `authInfo`. Optional
 * and wide, so that the types of either SDK fit.
 */
export interface MessageExtra {
  readonly authInfo?: unknown;
  readonly requestInfo?: {
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    readonly url?: URL | undefined;
  };
  readonly request?: Request;
}

/** Computed when it is looked at: most tools look at none of it. */
class FactsAsExtra implements MessageExtra {
  readonly #facts: RequestFacts;

  constructor(facts: RequestFacts) {
    this.#facts = facts;
  }

  get authInfo(): unknown {
    return this.#facts.authInfo;
  }

  get requestInfo(): NonNullable<MessageExtra['requestInfo']> {
    const { headers, url } = this.#facts;
    return {
      headers,
      get url() {
        return new URL(url);
      },
    };
  }

  get request(): Request {
    return lazyRequest(this.#facts);
  }
}

/** A session in the shape of the SDKs' `Transport`. */
export class SessionTransport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: ((message: JsonRpcMessage, extra?: MessageExtra) => void) | undefined;
  readonly #session: ServedSession;
  readonly #bounded: ServerCalls['bounded'];

  constructor(session: ServedSession, bounded: ServerCalls['bounded']) {
    this.#session = session;
    this.#bounded = bounded;
  }

  get sessionId(): string {
    return this.#session.id;
  }

  /** The stream is opened by the HTTP side once the server is connected. */
  start(): Promise<void> {
    return Promise.resolve();
  }

  send(message: JsonRpcMessage): Promise<void> {
    return this.#session.send(message);
  }

  close(): Promise<void> {
    this.#session.close();
    return Promise.resolve();
  }

  /**
   * Asks `resolver` before a request is dispatched whether the caller's token has the scopes for it;
   * a challenge refuses the POST with 403 and `WWW-Authenticate`. `McpServer` of SDK v2 calls this
   * with the `scopeChallenge`s of its tools, resources and prompts.
   */
  setScopeChallengeResolver(resolver: ScopeChallengeResolver): void {
    this.#session.receiver.checkScopes(scopeCheck(resolver, this.#bounded));
  }
}

/** A session that an MCP server serves. */
type ServedSession = Session & Pick<LiveSession, 'receiver'>;

/** How the application's code is called, and what becomes of its failures. */
export interface ServerCalls {
  readonly failed: (error: McpSseError) => void;
  /** By the deadline of hooks. @throws McpSseError (as a rejection) `hook-timeout` */
  readonly bounded: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}

/** Servers that serve a session now: v2 servers would silently move to a second transport. */
const busy = new WeakSet<McpServerLike>();

/** Passes the client's messages to an MCP server, and the end of the session, once. */
class ServerSink implements MessageSink {
  readonly reportsCompletion = false;
  readonly #server: McpServerLike;
  readonly #transport: SessionTransport;
  readonly #failed: (error: McpSseError) => void;

  constructor(
    server: McpServerLike,
    transport: SessionTransport,
    failed: (error: McpSseError) => void,
  ) {
    this.#server = server;
    this.#transport = transport;
    this.#failed = failed;
  }

  receive(message: JsonRpcMessage, facts: RequestFacts): void {
    const { onmessage } = this.#transport;
    const returned: unknown = onmessage?.(message, new FactsAsExtra(facts));
    this.#callServer(() => returned);
  }

  closed(): void {
    const { onclose } = this.#transport;
    this.#transport.onclose = undefined;
    busy.delete(this.#server);
    this.#callServer(() => onclose?.());
    this.#callServer(() => this.#server.close());
  }

  /** Reports what the server throws, or rejects with: its types do not rule out async functions. */
  #callServer(call: () => unknown): void {
    const failed = (error: unknown): void => {
      this.#failed(McpSseError.from(error, 'server-failed'));
    };
    try {
      const returned = call();
      if (isPromiseLike(returned)) settled(returned).catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}

/**
 * Makes the session's own MCP server and connects it.
 *
 * @throws McpSseError `server-failed` when the factory throws, gives something else than a
 * server, or gives one that another session is using.
 */
export async function connectServer<Data>(
  factory: ServerFactory<Data>,
  session: LiveSession<Data>,
  facts: RequestFacts,
  { failed, bounded }: ServerCalls,
): Promise<void> {
  try {
    const server: unknown = await factory(contextOf(session, facts));
    assertServer(server);
    if (busy.has(server)) {
      throw new McpSseError('server-failed', 'server() must return a new server for each session');
    }
    busy.add(server);
    const transport = new SessionTransport(session, bounded);
    const sink = new ServerSink(server, transport, failed);
    session.receiver.serveWith(sink);
    await server.connect(transport);
    // The factory or the server took too long: the session was closed before they were there.
    if (session.state === 'closed') sink.closed();
  } catch (error) {
    throw McpSseError.from(error, 'server-failed');
  }
}

function contextOf<Data>({ handle }: LiveSession<Data>, facts: RequestFacts): SessionContext<Data> {
  const { headers, url } = facts;
  // By its type it is that of the SDKs' middleware; whatever else is there, the factory must know.
  const authInfo = facts.authInfo as AuthInfo | undefined;
  return {
    session: handle,
    era: 'legacy',
    headers,
    url,
    requestInfo: lazyRequest(facts, 'GET'),
    ...(authInfo !== undefined && { authInfo }),
  };
}

function assertServer(value: unknown): asserts value is McpServerLike {
  const fits =
    isRecord(value) && typeof value.connect === 'function' && typeof value.close === 'function';
  if (!fits) throw new McpSseError('server-failed', 'server() must return an MCP server');
}
