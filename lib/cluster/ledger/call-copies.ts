// Gives what this node keeps of others to one more node, before this one is gone too.
import type { Membership } from '../membership.js';
import { NOTES_VERSION } from './call-notes.js';
import type { KeptCalls } from './kept-calls.js';

/** How long another node may take to accept what is kept of one node. */
const COPY_MS = 5_000;

/**
 * The calls of a node that may have been killed are answered when their clients come back, seconds
 * later. Until then this node may be killed or shut down as well, so one more node keeps them.
 */
export class CallCopies {
  readonly #membership: Membership;
  readonly #kept: KeptCalls;
  /** Nodes that may be gone, and were given on. */
  readonly #copied = new Set<string>();

  constructor(membership: Membership, kept: KeptCalls) {
    this.#membership = membership;
    this.#kept = kept;
  }

  /** Copies what is kept of nodes that seem to be gone, once for each time. */
  check(now: number): void {
    // Otherwise they may all be there.
    if (!this.#membership.isProof(now)) return;
    for (const node of this.#kept.nodes) {
      if (this.#isThere(node, now)) this.#copied.delete(node);
      else if (!this.#copied.has(node)) this.#copy(node, now);
    }
    for (const node of this.#copied) if (!this.#kept.has(node)) this.#copied.delete(node);
  }

  /** This node leaves: another one keeps what it has kept. */
  giveAll(now: number): void {
    for (const node of this.#kept.nodes) this.#copy(node, now);
  }

  #copy(node: string, now: number): void {
    this.#copied.add(node);
    const notes = this.#kept.notesOf(node);
    const { self, nodes } = this.#membership;
    const heir = nodes.nextAfter(
      self,
      ({ name, liveness }) => name !== node && liveness.isThere(now),
    );
    if (!notes || notes.updates.length === 0 || heir === undefined) return;
    const copy = { version: NOTES_VERSION, node, ...notes };
    this.#membership.peer(heir)?.call('copyCalls', copy, COPY_MS).catch(ignore);
  }

  #isThere(node: string, now: number): boolean {
    return this.#membership.nodes.get(node)?.liveness.isThere(now) === true;
  }
}

function ignore(): void {
  // Then this node alone keeps them.
}
