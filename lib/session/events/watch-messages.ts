import type { JsonRpcMessage } from '../../wire/json-rpc.js';
import type { Session } from '../session.js';

/** Sees one message; `in` is from the client, `out` to it. */
export type MessageWatcher<Data = unknown> = (
  message: JsonRpcMessage,
  session: Session<Data>,
  direction: 'in' | 'out',
) => unknown;

/** Sessions of all routers pass here: each watcher picks those of its own. */
const watchers = new Set<MessageWatcher>();

/**
 * Shows `watcher` every message of a router's sessions, contents included, until the function
 * that it returns is called. For looking in, where an application has no hook in place: it costs
 * nothing before, and a watcher that throws is reported to `onError` as a hook is.
 */
export function watchMessages<Data>(
  mcp: { readonly sessions: { get(id: string): Session<Data> | undefined } },
  watcher: MessageWatcher<Data>,
): () => void {
  const own: MessageWatcher = (message, session, direction) => {
    const known = mcp.sessions.get(session.id);
    return known === session ? watcher(message, known, direction) : undefined;
  };
  watchers.add(own);
  return () => {
    watchers.delete(own);
  };
}

/** The watchers there are; asked for each message, so nothing is made where there are none. */
export function messageWatchers(): ReadonlySet<MessageWatcher> {
  return watchers;
}
