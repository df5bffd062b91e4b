import { McpSseError } from '../errors.js';
import type { LiveSession } from '../session/live-session.js';
import { factsOf, type McpSseRequest } from '../session/request-facts.js';
import { isRequest, toMessages, type JsonRpcMessage } from '../wire/json-rpc.js';
import { checkContentType, readJson } from './body.js';
import { splitUrl, type Exchange } from './exchange.js';
import type { Runtime } from './runtime.js';

const ACCEPTED_HEAD = { 'Content-Length': '0' } as const;
/** The query as this package announces it, which needs no parsing. */
const PLAIN_QUERY = /^sessionId=([\w-]+)(?:&n=(\d{1,15}))?$/;

/** POST /message: one message or a batch for a session of this caller. */
export async function postMessage<Data>(exchange: Exchange, runtime: Runtime<Data>): Promise<void> {
  const { req, res } = exchange;
  const { settings, sessions, hooks, probes } = runtime;
  const { sessionId, offset } = queryOf(exchange);
  const session = sessions.get(sessionId);
  const principal = await hooks.ask('security.principal', () => settings.security.principal(req));
  assertOwn(session, principal);
  checkContentType(req);
  const messages = toMessages(await readJson(req, settings.limits.messageBytes));
  if (runtime.draining && messages.some(isRequest)) {
    throw new McpSseError('shutting-down', 'the server is shutting down');
  }
  noteRoad(req, session, messages, offset);
  const theirs = messages.filter((message) => !probes.settle(message, { session, offset }));
  if (theirs.length > 0) session.inlet.receive(theirs, factsOf(req));
  // [spec] 202 only now: the session has the message.
  res.writeHead(202, ACCEPTED_HEAD).end();
}

/** The session's id and, in the URL of a client that is told its position, the offset. */
function queryOf({ req }: Exchange): { sessionId: string; offset: number | undefined } {
  const { query } = splitUrl(req.url ?? '');
  const [, plain, position] = PLAIN_QUERY.exec(query) ?? [];
  const sessionId = plain ?? sessionIdIn(query);
  return { sessionId, offset: position === undefined ? undefined : Number(position) };
}

function sessionIdIn(query: string): string {
  const [id, ...more] = new URLSearchParams(query).getAll('sessionId');
  if (id === undefined || id === '' || more.length > 0) {
    throw new McpSseError('invalid-request', 'the query must name one sessionId');
  }
  return id;
}

/** What a POST shows of the client: how far it has read, and whether it can answer a probe. */
function noteRoad<Data>(
  req: McpSseRequest,
  { outlet }: LiveSession<Data>,
  messages: readonly JsonRpcMessage[],
  offset: number | undefined,
): void {
  if (offset !== undefined) outlet.acknowledge(offset);
  if (!outlet.road.undecided || messages.some(isInitialize)) return;
  outlet.decide('mcp-protocol-version' in req.headers);
}

const isInitialize = (message: JsonRpcMessage): boolean =>
  'method' in message && message.method === 'initialize';

/** An unknown session and somebody else's get the same answer: nobody learns which ids exist. */
function assertOwn<Data>(
  session: LiveSession<Data> | undefined,
  principal: string | undefined,
): asserts session is LiveSession<Data> {
  if (!session || session.principal !== principal) {
    throw new McpSseError('session-not-found', 'no such session');
  }
}
