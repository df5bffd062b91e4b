// The port: hands sessions over to other nodes.
import type { LiveSession } from '../live-session.js';
import type { CloseReason } from '../session.js';

/** Hands the sessions of a node that shuts down over to others. */
export interface Mover<Data> {
  /** Whether another node could continue the session, as far as this node knows. */
  canMove(session: LiveSession<Data>): boolean;
  /** Asks the other nodes. Resolves with whether any would take sessions; never rejects. */
  begin(): Promise<boolean>;
  /**
   * Hands over a session that is about to leave. Never rejects.
   *
   * @param quiet resolves when the client waits for no answer
   * @returns undefined if another node has it; otherwise the reason with which it must end here
   */
  move(session: LiveSession<Data>, quiet: () => Promise<void>): Promise<CloseReason | undefined>;
}
