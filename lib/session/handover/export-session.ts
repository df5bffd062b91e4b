// Exports a session for another node.
import { McpSseError } from '../../errors.js';
import { isPlainJson } from '../../util/plain-json.js';
import type { LiveSession } from '../live-session.js';
import type { Session } from '../session.js';
import type { SessionState } from './session-state.js';

/** `session.data` for another node. */
export interface TravellingData {
  readonly data: unknown;
  readonly saved: boolean;
}

/** Returns plain data for a session, as `resume.save`. */
export type Save<Data> = (session: Session<Data>) => unknown;

/**
 * Returns the data that travels: the result of `save`, or `session.data` as it is.
 *
 * @throws McpSseError (as a rejection) `not-serializable` if it is not plain; any throw of `save`
 */
export async function travellingData<Data>(
  session: LiveSession<Data>,
  save: Save<Data> | undefined,
): Promise<TravellingData> {
  const saved = save !== undefined;
  const data: unknown = save ? await save(session.handle) : session.data;
  if (data === undefined || isPlainJson(data)) return { data, saved };
  throw new McpSseError(
    'not-serializable',
    saved
      ? 'the session cannot move to another node: resume.save must return plain JSON'
      : 'the session cannot move to another node: session.data is not plain JSON; ' +
          'set resume.save and resume.restore',
  );
}

/** Returns the session as plain data for its next node. It must be frozen. */
export function exportSession<Data>(
  session: LiveSession<Data>,
  { data, saved }: TravellingData,
  broadcastsSeen: Readonly<Record<string, number>>,
): SessionState {
  const { id, principal, address, messagesIn, messagesOut, epoch } = session;
  return {
    id,
    epoch: epoch + 1,
    principal,
    address,
    data,
    saved,
    openedAt: session.openedAt.getTime(),
    lastActiveAt: session.lastActiveAt.getTime(),
    messagesIn,
    messagesOut,
    broadcastsSeen,
    answers: session.calls?.unread,
    handshake: session.handshake.state(),
    sender: session.sender.state(),
  };
}
