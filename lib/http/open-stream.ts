import accepts from 'accepts';

import { McpSseError } from '../errors.js';
import { HandlerSink } from '../session/handler.js';
import { LiveSession } from '../session/live-session.js';
import { connectServer } from '../session/mcp-server.js';
import { factsOf, type McpSseRequest } from '../session/request-facts.js';
import { respond } from '../session/responder.js';
import { encodeEvent, STREAM_HEAD } from '../wire/event-stream.js';
import { announcedUrl } from './endpoint.js';
import type { Exchange } from './exchange.js';
import type { Runtime } from './runtime.js';

const EVENT_STREAM = 'text/event-stream';
/** [spec] Session ids are visible ASCII; the length keeps URLs within what proxies take. */
const SESSION_ID = /^[\x21-\x7e]{1,128}$/;

/** GET /sse: from the request to an open session, or to nothing at all. */
export async function openStream<Data>(exchange: Exchange, runtime: Runtime<Data>): Promise<void> {
  const { req, res } = exchange;
  checkAccept(exchange);
  refuseWhileDraining(runtime);
  // [node] One who left while middleware in front awaited is not announced by `close` any more.
  if (res.closed) return;
  const gone = new AbortController();
  const leave = (): void => {
    gone.abort();
  };
  res.once('close', leave);
  const principal = await runtime.hooks.ask('security.principal', () =>
    runtime.settings.security.principal(req),
  );
  runtime.sessions.takeSlot(principal);
  const session = await prepare(exchange, runtime, principal, gone.signal);
  res.off('close', leave);
  if (!session) return;
  if (gone.signal.aborted || res.destroyed) session.close('client-disconnected');
  else openOrClose(exchange, runtime, session);
}

/** The session with its server, ready for a stream; undefined when the client has left. */
async function prepare<Data>(
  { req }: Exchange,
  runtime: Runtime<Data>,
  principal: string | undefined,
  signal: AbortSignal,
): Promise<LiveSession<Data> | undefined> {
  const { settings, hooks, sessions, observer } = runtime;
  let session: LiveSession<Data> | undefined;
  try {
    const data = await hooks.connect(req, signal);
    if (signal.aborted) return undefined;
    const id = newId(req, runtime);
    session = new LiveSession<Data>(id, principal, data, settings.limits, observer);
    await serve(session, req, runtime);
    return session;
  } catch (error) {
    session?.close();
    throw error;
  } finally {
    // From here on the slot goes with the session.
    if (!session) sessions.freeSlot(principal);
  }
}

async function serve<Data>(
  session: LiveSession<Data>,
  req: McpSseRequest,
  { settings, hooks }: Runtime<Data>,
): Promise<void> {
  const { server, handler = respond } = settings;
  const failed = (error: McpSseError): void => {
    hooks.failed(session, error);
  };
  if (server) {
    await hooks.bounded('server()', () => connectServer(server, session, factsOf(req), failed));
  } else session.serveWith(new HandlerSink(handler, session, failed));
}

function openOrClose<Data>(
  exchange: Exchange,
  runtime: Runtime<Data>,
  session: LiveSession<Data>,
): void {
  try {
    open(exchange, runtime, session);
  } catch (error) {
    // It never opened: it is not reported as closed either.
    runtime.sessions.remove(session);
    session.close();
    throw error;
  }
}

function open<Data>(exchange: Exchange, runtime: Runtime<Data>, session: LiveSession<Data>): void {
  const { settings, sessions, hooks, upkeep } = runtime;
  // Nothing is awaited from here on: a shutdown comes before this check or finds the session.
  refuseWhileDraining(runtime);
  if (session.state === 'closed') {
    throw new McpSseError('session-closed', 'the session was closed before it had a stream');
  }
  const data = announcedUrl(exchange, session.id, settings);
  // [spec] The `endpoint` event comes before anything else, exactly once.
  const endpoint = encodeEvent({ event: 'endpoint', data });
  sessions.add(session);
  exchange.res.writeHead(200, STREAM_HEAD);
  session.attach(exchange.res, endpoint);
  upkeep.start();
  hooks.opened(session);
}

function newId<Data>(req: McpSseRequest, { settings, sessions }: Runtime<Data>): string {
  const id = settings.sessionId(req);
  if (typeof id !== 'string' || !SESSION_ID.test(id)) {
    throw new McpSseError('internal', 'sessionId() must return 1 to 128 visible ASCII characters');
  }
  if (sessions.get(id)) throw new McpSseError('internal', 'sessionId() returned an id in use');
  return id;
}

function checkAccept({ req }: Exchange): void {
  const { accept } = req.headers;
  if (accept === undefined || accept === EVENT_STREAM) return;
  if (accepts(req).type([EVENT_STREAM]) === false) {
    throw new McpSseError('not-acceptable', 'this is a stream: accept text/event-stream');
  }
}

function refuseWhileDraining<Data>({ draining }: Runtime<Data>): void {
  if (draining) throw new McpSseError('shutting-down', 'the server is shutting down');
}
