// Opens a session in a test.
import { within } from './clock.js';
import { Connections } from './connections.js';
import { Inbox } from './inbox.js';
import { settingsFrom, type OpenSessionOptions, type Settings } from './options.js';
import { merged } from './http-request.js';
import { timeoutError } from './report.js';
import { TestSession } from './session.js';
import { Stream } from './stream.js';
import { serveTarget, type ServedTarget, type Target } from './target.js';

/**
 * Opens a session for a test: starts the application on a free port of the loopback interface (or
 * uses a listening server, or a base URL), opens the stream, waits for its `endpoint` event and
 * does the `initialize` handshake.
 *
 * ```ts
 * const session = await openSession(app);
 * expect(await session.request('tools/list')).toEqual({ tools: [] });
 * await session.close();
 * ```
 *
 * @throws RefusedError (as a rejection), with status and body, if the server refuses the stream or
 * the handshake; JsonRpcError if it answers `initialize` with an error; Error at a deadline;
 * TypeError for an unknown option. Nothing stays open then.
 */
export async function openSession(
  target: Target,
  options: OpenSessionOptions = {},
): Promise<TestSession> {
  const settings = settingsFrom(options);
  const host = await serveTarget(target, settings.timeoutMs);
  const connections = new Connections(host.server);
  try {
    const session = await open(host, connections, settings);
    if (settings.initialize) await handshake(session, settings.initialize);
    return session;
  } catch (error) {
    // The first error is the cause: failures of closing are ignored.
    await connections.close(settings.timeoutMs).catch(() => undefined);
    await host.stop();
    throw error;
  }
}

async function open(
  host: ServedTarget,
  connections: Connections,
  settings: Settings,
): Promise<TestSession> {
  const { headers, timeoutMs } = settings;
  const streamUrl = host.url + settings.path.replace(/^(?!\/)/, '/');
  const name = `GET ${streamUrl}`;
  const late = (): Error => new Error(`no answer to ${name} within ${timeoutMs} ms`);
  const all = merged({ Accept: 'text/event-stream' }, headers);
  const request = connections.begin('GET', streamUrl, all);
  const inbox = new Inbox();
  const stream = await Stream.open({ request, name, timeoutMs, late }, inbox);
  void stream.over.then(() => {
    inbox.end();
  });
  const silent = (): Error => timeoutError('no `endpoint` event', timeoutMs, inbox, stream);
  await within(inbox.announced, timeoutMs, silent);
  if (inbox.endpoint === '') throw silent();
  return new TestSession({ settings, host, connections, stream, streamUrl, inbox });
}

/** [spec] MCP lifecycle: the client says that it is ready before anything else. */
async function handshake(session: TestSession, params: Record<string, unknown>): Promise<void> {
  session.initializeResult = await session.request('initialize', params);
  await session.notify('notifications/initialized');
}
