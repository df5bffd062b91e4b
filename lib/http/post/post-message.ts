import { McpSseError } from '../../errors.js';
import { factsOf } from '../../session/request-facts.js';
import { toMessages } from '../../wire/json-rpc.js';
import { principalOf } from '../principal.js';
import type { BodyReader } from './body-reader.js';
import { checkContentType, readJson, unreadBody } from './json-body.js';
import { splitUrl, type Exchange } from '../exchange.js';
import type { Runtime } from '../runtime.js';
import { fixPrototypes } from './v8-prototype-fix.js';

/** The query as this package announces it, which needs no parsing. */
const PLAIN_QUERY = /^sessionId=([\w.-]+)(?:&n=(\d{1,15}))?$/;

/** POST /message: one message or a batch for a session of this caller. */
export async function postMessage<Data>(exchange: Exchange, runtime: Runtime<Data>): Promise<void> {
  fixPrototypes(exchange);
  // In the tick of the call: middleware in front may have set the body flowing.
  const unread = unreadBody(exchange.req, runtime.settings.limits.maxBodyBytes);
  try {
    await takeMessages(exchange, runtime, unread);
  } catch (error) {
    unread?.drop();
    throw error;
  }
  const { res } = exchange;
  // [spec] 202 only now: the session has the message. Two calls: what wraps `writeHead` may return
  // nothing.
  res.writeHead(202, { 'Content-Length': '0' });
  res.end();
}

async function takeMessages<Data>(
  exchange: Exchange,
  runtime: Runtime<Data>,
  unread: BodyReader | undefined,
): Promise<void> {
  const { req } = exchange;
  const { settings, dispatcher, localHost, probes } = runtime;
  const { sessionId, offset } = queryOf(exchange);
  const principal = await principalOf(exchange, runtime);
  // Of another node's session nothing is known before that node has answered.
  if (dispatcher.isHere(sessionId)) localHost.sessionOf(sessionId, principal);
  checkContentType(req);
  const messages = toMessages(await readJson(req, unread, settings.limits.maxBodyBytes));
  const facts = factsOf(req);
  try {
    const taken = dispatcher
      .hostOf(sessionId)
      .post({ sessionId, principal, offset, messages, facts, bytes: 0 });
    if (taken) await taken;
  } catch (error) {
    // A client that is asked who it is, and its session is gone: it need not wait to be told so.
    if (isNotFound(error))
      for (const message of messages) probes.settle(message, { sessionId, offset });
    throw error;
  }
}

const isNotFound = (error: unknown): boolean =>
  McpSseError.from(error).code === 'session-not-found';

/** The session's id and, in the URL of a client that is told its position, the offset. */
function queryOf({ req }: Exchange): { sessionId: string; offset: number | undefined } {
  const { query } = splitUrl(req.url);
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
