// A session in the shape of the SDKs' transport.
import { McpSseError } from '../../errors.js';
import { isRecord } from '../../util/guards.js';
import { isPromiseLike, settled } from '../../util/promises.js';
import type { JsonRpcMessage } from '../../wire/json-rpc.js';
import { lazyRequest } from './lazy-request.js';
import type { LiveSession } from '../live-session.js';
import type { RequestFacts } from '../request-facts.js';
import type { MessageSink, Session } from '../session.js';

/**
 * An MCP server of either official SDK, `McpServer` or the low-level `Server`: typed by shape, so
 * that this package depends on neither.
 */
export interface McpServerLike {
  connect(transport: SessionTransport): Promise<void>;
  close(): Promise<void>;
}

/** What `server` and `handler` are told about the session and the request that came with it. */
export interface SessionContext<Data = unknown> extends RequestFacts {
  readonly session: Session<Data>;
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
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
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
  failed: (error: McpSseError) => void,
): Promise<void> {
  try {
    const server: unknown = await factory({ ...facts, session: session.handle });
    assertServer(server);
    if (busy.has(server)) {
      throw new McpSseError('server-failed', 'server() must return a new server for each session');
    }
    busy.add(server);
    const transport = new SessionTransport(session);
    const sink = new ServerSink(server, transport, failed);
    session.receiver.serveWith(sink);
    await server.connect(transport);
    // The factory or the server took too long: the session was closed before they were there.
    if (session.state === 'closed') sink.closed();
  } catch (error) {
    throw McpSseError.from(error, 'server-failed');
  }
}

function assertServer(value: unknown): asserts value is McpServerLike {
  const fits =
    isRecord(value) && typeof value.connect === 'function' && typeof value.close === 'function';
  if (!fits) throw new McpSseError('server-failed', 'server() must return an MCP server');
}
