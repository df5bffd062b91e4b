// Copies the kept calls of other nodes to one more node, in case this one is killed, too.
import type { Membership } from '../membership.js';
import { NOTES_VERSION } from './call-notes.js';
import type { KeptCalls } from './kept-calls.js';

/** Time for another node to accept the kept calls of one node. */
const COPY_MS = 5_000;

/**
 * Copies the kept calls of a node that may have been killed to one more node. They get their
 * answers when their clients come back, seconds later, and until then this node may end as well.
 */
export class CallCopies {
  readonly #membership: Membership;
  readonly #kept: KeptCalls;
  /** Nodes that may be gone and whose calls were copied. */
  readonly #copied = new Set<string>();

  constructor(membership: Membership, kept: KeptCalls) {
    this.#membership = membership;
    this.#kept = kept;
  }

  /** Copies the calls of nodes that seem to be gone, once for each disappearance. */
  check(now: number): void {
    // Without proof, all nodes may still be there.
    if (!this.#membership.isProof(now)) return;
    for (const node of this.#kept.nodes) {
      if (this.#isThere(node, now)) this.#copied.delete(node);
      else if (!this.#copied.has(node)) this.#copy(node, now);
    }
    for (const node of this.#copied) if (!this.#kept.has(node)) this.#copied.delete(node);
  }

  /** This node leaves: copies all kept calls to another one. */
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
  // If it fails, this node alone keeps the calls.
}
