// Opens a session.
import { McpSseError } from '../../errors.js';
import type { Claimant } from '../../session/host.js';
import { introduceClient } from '../../session/handover/replay-handshake.js';
import { LiveSession } from '../../session/live-session.js';
import { serveSession } from '../../session/serve/serve-session.js';
import { factsOf } from '../../session/request-facts.js';
import { ResumeStrategy } from '../../session/resume/resume-strategy.js';
import type { ConnectionWriter } from '../../stream/connection-writer.js';
import { userAgentOf } from '../../session/events/usage.js';
import { ignoreResult } from '../../util/promises.js';
import { beginStream } from './begin-stream.js';
import { ClientAbort } from './client-abort.js';
import { settleLostCalls } from './lost-calls.js';
import { messageUrlFor } from './message-url.js';
import type { Exchange } from '../exchange.js';
import { forwardedOf } from '../guard/forwarded.js';
import type { Caller } from '../principal.js';
import type { Runtime } from '../runtime.js';
import { refuseEndedStream } from '../sunset.js';
import { negotiatedVersion, capabilitiesOf } from './resume-request.js';

/** [spec] Session ids are visible ASCII; the length keeps URLs within the limits of proxies. */
const SESSION_ID = /^[\x21-\x7e]{1,128}$/;

/** A client that has lost another session. */
export interface Returning {
  /** Its stream, if it has begun. */
  readonly writer?: ConnectionWriter | undefined;
  /** Its claim on the lost session. */
  readonly former?: Claimant | undefined;
}

/**
 * Opens a new session for the caller, or leaves nothing behind.
 *
 * @throws McpSseError if it is refused; any throw of the application's own code.
 */
export async function openSession<Data>(
  exchange: Exchange,
  runtime: Runtime<Data>,
  caller: Caller,
  { writer, former }: Returning = {},
): Promise<void> {
  const { sessions } = runtime;
  const clientAbort = new ClientAbort(exchange.res);
  refuseWhileDraining(runtime);
  if (clientAbort.hasAborted()) return;
  // A stream that has begun cannot be refused: the sunset gate refuses its first request instead.
  if (!writer) refuseEndedStream(exchange, runtime, caller.principal);
  sessions.takeSlot(caller.principal);
  const session = await prepare(exchange, runtime, caller, clientAbort).finally(() => {
    clientAbort.dispose();
  });
  if (!session) return;
  session.admitted = !writer && runtime.sunset?.refusesStreams === true;
  const lost = former && (await runtime.dispatcher.calls?.find(former));
  if (clientAbort.hasAborted()) session.close('client-disconnected');
  else {
    openOrClose(exchange, runtime, session, writer);
    if (former && lost) settleLostCalls(session, { former, lost }, factsOf(exchange.req), runtime);
  }
}

/** Makes the session with its server, ready for a stream; undefined if the client has left. */
async function prepare<Data>(
  exchange: Exchange,
  runtime: Runtime<Data>,
  { principal, key }: Caller,
  clientAbort: ClientAbort,
): Promise<LiveSession<Data> | undefined> {
  const { req } = exchange;
  const { sessions, sessionLimits, observer, settings, events, dispatcher } = runtime;
  let session: LiveSession<Data> | undefined;
  try {
    const data = await connect(exchange, runtime, clientAbort);
    if (clientAbort.hasAborted()) return undefined;
    // Only now: a refused caller must not evict a session.
    sessions.makeRoom(principal);
    const id = newId(exchange, runtime);
    const resumeStrategy = new ResumeStrategy(sessions.node, capabilitiesOf(req, key, runtime));
    session = new LiveSession<Data>(id, principal, data, sessionLimits, observer, resumeStrategy);
    session.address = forwardedOf(exchange).client;
    session.usage.userAgent = userAgentOf(req.headers);
    dispatcher.calls?.track(session);
    const version = negotiatedVersion(req);
    if (version !== undefined) session.handshake.assume(version);
    await serveSession(session, factsOf(req), settings, events);
    if (version !== undefined) await adoptClient(session, version, runtime);
    return session;
  } catch (error) {
    session?.close();
    throw error;
  } finally {
    // From here on the slot belongs to the session.
    if (!session) sessions.freeSlot(principal);
  }
}

/** Applies `adopt` to a client that has negotiated a version in a lost session. */
async function adoptClient<Data>(
  session: LiveSession<Data>,
  version: string,
  { settings: { adopt, limits }, events }: Runtime<Data>,
): Promise<void> {
  session.mustInitialize = adopt === false;
  if (!adopt) return;
  try {
    await introduceClient(session, version, adopt.capabilities, limits.hookTimeoutMs);
  } catch (error) {
    // Its requests are served anyway, by a server that does not know its capabilities.
    events.failed(session, McpSseError.from(error));
  }
}

/** @throws McpSseError `forbidden`, `hook-timeout`; any throw of `onConnect` */
async function connect<Data>(
  exchange: Exchange,
  { settings, events }: Runtime<Data>,
  clientAbort: ClientAbort,
): Promise<Data> {
  const { onConnect } = settings.hooks;
  // The type Data comes from the hook's return type only.
  if (!onConnect) return undefined as Data;
  const context = {
    // Made on first access.
    get signal() {
      return clientAbort.signal;
    },
  };
  const data = await events.callUser('onConnect', () =>
    onConnect(exchange.expressRequest(), context),
  );
  if (data === false) throw new McpSseError('forbidden', 'onConnect refused the stream');
  return data;
}

function openOrClose<Data>(
  exchange: Exchange,
  runtime: Runtime<Data>,
  session: LiveSession<Data>,
  writer: ConnectionWriter | undefined,
): void {
  try {
    open(exchange, runtime, session, writer);
  } catch (error) {
    // It never opened, so it is not reported as closed either.
    runtime.sessions.remove(session);
    session.close();
    throw error;
  }
}

function open<Data>(
  exchange: Exchange,
  runtime: Runtime<Data>,
  session: LiveSession<Data>,
  begun: ConnectionWriter | undefined,
): void {
  const { settings, sessions, events, sweeper } = runtime;
  // Nothing is awaited from here on, so a shutdown comes before this check or finds the session.
  refuseWhileDraining(runtime);
  if (session.state === 'closed') {
    throw new McpSseError('session-closed', 'the session was closed before its stream was open');
  }
  const messageUrl = messageUrlFor(exchange, session.id, settings);
  sessions.add(session);
  // [spec] The `endpoint` event comes before anything else.
  session.attach(begun ?? beginStream(exchange, runtime), messageUrl);
  sweeper.start();
  events.opened(session);
}

function newId<Data>(
  exchange: Exchange,
  { settings, sessions, dispatcher }: Runtime<Data>,
): string {
  const given = settings.sessionIdGenerator(exchange.expressRequest());
  if (typeof given !== 'string' || !SESSION_ID.test(given)) {
    ignoreResult(given);
    throw new McpSseError(
      'internal',
      'sessionIdGenerator() must return 1 to 128 visible ASCII characters',
    );
  }
  const id = dispatcher.idFor(given);
  if (sessions.get(id))
    throw new McpSseError(
      'internal',
      'sessionIdGenerator() must return a new id each time: it returned that of an open session',
    );
  return id;
}

function refuseWhileDraining<Data>({ sessions }: Runtime<Data>): void {
  if (sessions.draining) throw new McpSseError('shutting-down', 'the server is shutting down');
}
