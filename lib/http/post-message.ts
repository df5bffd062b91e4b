import { McpSseError } from '../errors.js';
import type { LiveSession } from '../session/live-session.js';
import { factsOf } from '../session/request-facts.js';
import { isRequest, toMessages } from '../wire/json-rpc.js';
import { checkContentType, readJson } from './body.js';
import { splitUrl, type Exchange } from './exchange.js';
import type { Runtime } from './runtime.js';

const ACCEPTED_HEAD = { 'Content-Length': '0' } as const;
/** The query as this package announces it, which needs no parsing. */
const PLAIN_QUERY = /^sessionId=([\w-]+)$/;

/** POST /message: one message or a batch for a session of this caller. */
export async function postMessage<Data>(exchange: Exchange, runtime: Runtime<Data>): Promise<void> {
  const { req, res } = exchange;
  const { settings, sessions, hooks } = runtime;
  const session = sessions.get(sessionIdOf(exchange));
  const principal = await hooks.ask('security.principal', () => settings.security.principal(req));
  assertOwn(session, principal);
  checkContentType(req);
  const messages = toMessages(await readJson(req, settings.limits.messageBytes));
  if (runtime.draining && messages.some(isRequest)) {
    throw new McpSseError('shutting-down', 'the server is shutting down');
  }
  session.receive(messages, factsOf(req));
  // [spec] 202 only now: the session has the message.
  res.writeHead(202, ACCEPTED_HEAD).end();
}

function sessionIdOf({ req }: Exchange): string {
  const { query } = splitUrl(req.url ?? '');
  const plain = PLAIN_QUERY.exec(query)?.[1];
  if (plain !== undefined) return plain;
  const [id, ...more] = new URLSearchParams(query).getAll('sessionId');
  if (id === undefined || id === '' || more.length > 0) {
    throw new McpSseError('invalid-request', 'the query must name one sessionId');
  }
  return id;
}

/** An unknown session and somebody else's get the same answer: nobody learns which ids exist. */
function assertOwn<Data>(
  session: LiveSession<Data> | undefined,
  principal: string | undefined,
): asserts session is LiveSession<Data> {
  if (!session || session.principal !== principal) {
    throw new McpSseError('session-not-found', 'no such session');
  }
}
