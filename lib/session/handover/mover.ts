// The port: hands sessions over to other nodes.
import type { LiveSession } from '../live-session.js';
import type { CloseReason } from '../session.js';

/** Hands the sessions of a node that shuts down over to others. */
export interface Mover<Data> {
  /** Whether another node could go on with the session, as far as is known here. */
  canMove(session: LiveSession<Data>): boolean;
  /** Asks the other nodes. Resolves with whether any would take sessions; never rejects. */
  begin(): Promise<boolean>;
  /**
   * Hands over a session that is about to leave. Never rejects.
   *
   * @param quiet resolves when the client waits for no answer of the session
   * @returns undefined when another node has it; else the reason with which it must end here
   */
  move(session: LiveSession<Data>, quiet: () => Promise<void>): Promise<CloseReason | undefined>;
}
