import { McpSseError } from '../../errors.js';
import type { LiveSession } from '../live-session.js';
import type { SessionRegistry } from '../registry.js';

/** How a client says which session it had: plain data, fit to be passed on. */
export type ResumeClaim =
  | { readonly by: 'event-id'; readonly token: string; readonly offset: number }
  | { readonly by: 'probe'; readonly sessionId: string; readonly offset: number | undefined }
  | { readonly by: 'key'; readonly key: string };

/** A session, and the offset after which its client goes on. */
export interface Resumption<Data> {
  readonly session: LiveSession<Data>;
  readonly offset: number;
}

/**
 * What the claim of `principal` leads to among the sessions of this node.
 *
 * @throws McpSseError `session-not-found` when the session is unknown, somebody else's, or cannot
 * go on without a gap: told, never a silent gap.
 */
export function resumptionOf<Data>(
  claim: ResumeClaim,
  principal: string | undefined,
  sessions: SessionRegistry<Data>,
): Resumption<Data> {
  const session = claimed(claim, principal, sessions);
  if (session && session.principal === principal && session.state !== 'closed') {
    const offset = offsetFor(claim, session);
    if (session.sender.canResume(offset)) return { session, offset };
  }
  throw new McpSseError('session-not-found', 'no such session');
}

function claimed<Data>(
  claim: ResumeClaim,
  principal: string | undefined,
  sessions: SessionRegistry<Data>,
): LiveSession<Data> | undefined {
  if (claim.by === 'event-id') return sessions.withToken(claim.token);
  if (claim.by === 'probe') return sessions.get(claim.sessionId);
  return sessions.withKey(claim.key, principal);
}

function offsetFor<Data>(claim: ResumeClaim, { sender }: LiveSession<Data>): number {
  if (claim.by === 'event-id') return claim.offset;
  if (claim.by === 'key') return sender.resumeOffset();
  // It has just shown that it can answer one.
  sender.decide(true);
  return sender.resumeOffset(claim.offset);
}
