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
 * An MCP server of either official SDK, `McpServer` or the low-level `Server`, typed by shape: this
 * package depends on neither SDK.
 */
export interface McpServerLike {
  connect(transport: SessionTransport): Promise<void>;
  close(): Promise<void>;
}

/**
 * The argument of `server`: the session, and the GET that opened it. It matches the
 * `McpRequestContext` of SDK v2, so a `McpServerFactory` works here as it is.
 */
export interface SessionContext<Data = unknown> extends Omit<RequestFacts, 'authInfo'> {
  readonly session: Session<Data>;
  /** SDK v2's name for the protocol versions with `initialize`. */
  readonly era: 'legacy';
  /** `req.auth`, as the application's authentication left it. */
  readonly authInfo?: AuthInfo;
  /** The GET that opened the session, as a web-standard `Request`, made on first access. */
  readonly requestInfo: Request;
  /**
   * Whether the session comes from another node. Its GET stayed there: `headers` is empty,
   * `authInfo` undefined, and `url` and `requestInfo` are placeholders. Use `session` instead.
   */
  readonly restored: boolean;
}

export type ServerFactory<Data = unknown> = (
  context: SessionContext<Data>,
) => McpServerLike | Promise<McpServerLike>;

/**
 * The SDKs' `MessageExtraInfo`: v1 reads `requestInfo`, v2 reads `request`, both read `authInfo`.
 * The members are optional and wide, to fit the types of both SDKs.
 */
export interface MessageExtra {
  readonly authInfo?: unknown;
  readonly requestInfo?: {
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    readonly url?: URL | undefined;
  };
  readonly request?: Request;
}

/** The facts as `MessageExtra`, computed on first access: most tools read none of it. */
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

  /** @internal The router makes it. */
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
   * Sets the function that checks, before a request is dispatched, whether the caller's token has
   * the scopes for it. A challenge refuses the POST with 403 and `WWW-Authenticate`. `McpServer` of
   * SDK v2 passes the `scopeChallenge`s of its tools, resources and prompts.
   */
  setScopeChallengeResolver(resolver: ScopeChallengeResolver): void {
    this.#session.receiver.checkScopes(scopeCheck(resolver, this.#bounded));
  }
}

/** The members of a session that the transport uses. */
type ServedSession = Session & Pick<LiveSession, 'receiver'>;

/** @internal Calls the application's code and reports its failures. */
export interface ServerCalls {
  readonly failed: (error: McpSseError) => void;
  /** By the deadline of hooks. @throws McpSseError (as a rejection) `hook-timeout` */
  readonly bounded: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}

/** The servers in use: an SDK v2 server would silently move to a second transport. */
const busy = new WeakSet<McpServerLike>();

/** Passes the client's messages, and the end of the session, to an MCP server. */
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

  /** Reports a throw or a rejection of the server: its types do not rule out async functions. */
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
 * @internal Makes the session's own MCP server and connects it.
 *
 * @throws McpSseError `server-failed` if the factory throws, does not return a server, or returns
 * one that another session is using.
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
      throw new McpSseError(
        'server-failed',
        'server() must return a new server for each session: it returned one that is in use',
      );
    }
    busy.add(server);
    const transport = new SessionTransport(session, bounded);
    const sink = new ServerSink(server, transport, failed);
    session.receiver.serveWith(sink);
    await server.connect(transport);
    // The session may have closed while the factory or the server was busy.
    if (session.state === 'closed') sink.closed();
  } catch (error) {
    throw McpSseError.from(error, 'server-failed');
  }
}

function contextOf<Data>(
  { handle, epoch }: LiveSession<Data>,
  facts: RequestFacts,
): SessionContext<Data> {
  const { headers, url } = facts;
  // Typed as the SDKs' middleware sets it; with other middleware the factory must know the type.
  const authInfo = facts.authInfo as AuthInfo | undefined;
  return {
    session: handle,
    era: 'legacy',
    headers,
    url,
    requestInfo: lazyRequest(facts, 'GET'),
    restored: epoch > 0,
    ...(authInfo !== undefined && { authInfo }),
  };
}

function assertServer(value: unknown): asserts value is McpServerLike {
  const fits =
    isRecord(value) && typeof value.connect === 'function' && typeof value.close === 'function';
  if (!fits) throw new McpSseError('server-failed', 'server() must return an MCP server');
}
