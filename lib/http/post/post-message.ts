// Serves POSTs of messages.
import { RemoteHost, UnknownHost } from '../../cluster/rpc/remote-host.js';
import { McpSseError } from '../../errors.js';
import type { Host, InboundPost } from '../../session/host.js';
import { factsOf } from '../../session/request-facts.js';
import { toMessages } from '../../wire/json-rpc.js';
import { principalOf } from '../principal.js';
import type { BodyReader } from './body-reader.js';
import { checkContentType, readJson, unreadBody } from './json-body.js';
import { splitUrl, type Exchange } from '../exchange.js';
import type { Runtime } from '../runtime.js';
import { announceSunset } from '../sunset.js';
import { fixPrototypes } from './v8-prototype-fix.js';

/** The query in the form that this package announces: it needs no parsing. */
const PLAIN_QUERY = /^sessionId=([\w.-]+)(?:&n=([\w.-]{1,64}))?$/;

/** POST /message: one message or a batch for a session of this caller. */
export async function postMessage<Data>(exchange: Exchange, runtime: Runtime<Data>): Promise<void> {
  fixPrototypes(exchange);
  // In this tick: middleware in front may have set the body flowing.
  const { settings, budget } = runtime;
  const unread = unreadBody(exchange.req, settings.limits.maxBodyBytes, budget);
  try {
    await takeMessages(exchange, runtime, unread);
  } catch (error) {
    unread?.drop();
    throw error;
  } finally {
    unread?.release();
  }
  const { res } = exchange;
  // [spec] 202 only now: the session has the message. Two calls, because middleware that wraps
  // `writeHead` may return nothing.
  res.writeHead(202, { 'Content-Length': '0' });
  res.end();
}

async function takeMessages<Data>(
  exchange: Exchange,
  runtime: Runtime<Data>,
  unread: BodyReader | undefined,
): Promise<void> {
  const { req } = exchange;
  const { settings, dispatcher, localHost, budget } = runtime;
  const { maxBodyBytes, maxBatch } = settings.limits;
  const { sessionId, position } = queryOf(exchange);
  const principal = await principalOf(exchange, runtime);
  announceSunset(exchange, runtime, principal, true);
  const located = dispatcher.locator.located(sessionId);
  if (located) await located;
  // The first check: an unknown session and another principal's must get the same answer, whatever
  // the request contains. For another node's session that node decides.
  if (dispatcher.isHere(sessionId)) {
    const arriving = localHost.check(sessionId, principal);
    if (arriving) await arriving;
  } else checkDeliverable(exchange, dispatcher.locator.hostOf(sessionId));
  checkContentType(req);
  const { json, bytes } = await readJson(req, unread, maxBodyBytes, budget);
  unread?.release();
  const messages = toMessages(json, maxBatch);
  await deliver({ sessionId, principal, position, messages, facts: factsOf(req), bytes }, runtime);
}

async function deliver<Data>(
  post: InboundPost,
  { dispatcher, budget }: Runtime<Data>,
): Promise<void> {
  const { bytes } = post;
  // A session of this node counts the bytes once it has them; until then they belong to no session.
  budget.add(bytes);
  try {
    const taken = dispatcher.post(post);
    if (taken) await taken;
  } finally {
    budget.add(-bytes);
  }
}

/** The most bytes of an answer to a probe. Such a POST may concern this node. */
const SMALL_BODY_BYTES = 64 * 1024;

/** Refuses an undeliverable POST before its body is read, unless it may answer a probe. */
function checkDeliverable({ req }: Exchange, host: Host): void {
  const { 'content-length': length = Infinity } = req.headers;
  if (Number(length) <= SMALL_BODY_BYTES || !isElsewhere(host)) return;
  const { refusal } = host;
  if (refusal) throw refusal;
}

const isElsewhere = (host: Host): host is RemoteHost | UnknownHost =>
  host instanceof RemoteHost || host instanceof UnknownHost;

/** The session's id, and the client's position if the URL has one. */
function queryOf({ req }: Exchange): { sessionId: string; position: string | undefined } {
  const { query } = splitUrl(req.url);
  const [, plain, position] = PLAIN_QUERY.exec(query) ?? [];
  if (plain !== undefined) return { sessionId: plain, position };
  const parameters = new URLSearchParams(query);
  const [id, ...more] = parameters.getAll('sessionId');
  if (id === undefined || id === '' || more.length > 0) {
    throw new McpSseError(
      'invalid-request',
      'the URL must have exactly one sessionId: POST to the URL of the endpoint event',
    );
  }
  // The last one is ours: the application's own URL may have a parameter of that name.
  return { sessionId: id, position: parameters.getAll('n').at(-1) };
}
