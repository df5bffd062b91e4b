// Gives a session its server or handler.
import type { SessionEvents } from '../events/session-events.js';
import type { LiveSession } from '../live-session.js';
import type { RequestFacts } from '../request-facts.js';
import { defaultServer } from './default-server.js';
import { HandlerSink } from './handler.js';
import type { MessageHandler } from './message-handler.js';
import { connectServer, type ServerFactory } from './sdk-server.js';

/** The application's server or handler. With neither, the default server serves sessions. */
export interface Serving<Data> {
  readonly server: ServerFactory<Data> | undefined;
  readonly handler: MessageHandler<Data> | undefined;
}

/**
 * Gives the session an MCP server of its own, or the handler.
 *
 * @throws McpSseError as `connectServer`, and `hook-timeout`
 */
export async function serveSession<Data>(
  session: LiveSession<Data>,
  facts: RequestFacts,
  { server, handler = defaultServer }: Serving<Data>,
  events: SessionEvents<Data>,
): Promise<void> {
  if (server) {
    // Bound: a closure would keep the request and its socket as long as the session.
    const failed = events.failed.bind(events, session);
    const bounded = events.bounded.bind(events);
    await bounded('server()', () => connectServer(server, session, facts, { failed, bounded }));
  } else session.receiver.serveWith(new HandlerSink(handler, session, events));
}
