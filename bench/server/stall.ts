import { notification } from '../messages.js';
import type { SubjectSession } from '../subjects/subject.js';
import type { Stall, Stalled } from './orders.js';

/** How much is sent between two turns of the event loop, so that others are served too. */
const perTurn = 64 * 1024;

/** Sends to a session that does not read, awaiting each send, until all is sent or one fails. */
export async function feedStalled(
  sessions: readonly SubjectSession[],
  { session: number, totalBytes, maxBodyBytes }: Stall,
): Promise<Stalled> {
  const session = sessions[number];
  if (session === undefined) throw new Error(`no session ${number}`);
  const began = performance.now();
  let sentBytes = 0;
  let refusal: string | undefined;
  try {
    for (let seq = 0; sentBytes < totalBytes; seq++) {
      await session.send(notification(number, seq, maxBodyBytes));
      sentBytes += maxBodyBytes;
      if (sentBytes % perTurn < maxBodyBytes) await new Promise(setImmediate);
    }
  } catch (error) {
    refusal = String(error);
  }
  return { sentBytes, refusal, afterMs: performance.now() - began };
}
