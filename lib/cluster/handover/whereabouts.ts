// Finds a session whose node is gone.
import { McpSseError } from '../../errors.js';
import type { Membership } from '../membership.js';
import type { Peer } from '../peer.js';
import { MAX_NAMES, type MovedSessions } from './moved-sessions.js';

/** How long the others may take to say which sessions have moved to them. */
const TABLE_MS = 1_500;

/**
 * Finds sessions whose node is gone or was never heard of. Usually a node is told when a session
 * moves. A node that has just joined, or was out of touch at that time, asks all others: once for
 * each node that is gone, and once for all unknown names together, so that names made up by clients
 * cause no more than that.
 */
export class Whereabouts {
  readonly #membership: Membership;
  readonly #moved: MovedSessions;
  /** By the node that is gone: the question under way, or `'told'` once all have answered. */
  readonly #asked = new Map<string, Promise<void> | 'told'>();
  /** When the contact with the others began during which they were asked. */
  #since = -Infinity;

  constructor(membership: Membership, moved: MovedSessions) {
    this.#membership = membership;
    this.#moved = moved;
  }

  /** Whether all others have said which sessions of `node`, which is gone, have moved to them. */
  hasAll(node: string): boolean {
    const { since, up } = this.#membership;
    return up && since === this.#since && this.#asked.get(this.#keyOf(node)) === 'told';
  }

  /**
   * Resolves when the others have said which sessions of `node` they have; undefined if they have
   * said so already.
   */
  ask(node: string): Promise<void> | undefined {
    const { since, up } = this.#membership;
    if (!up) return undefined;
    if (since !== this.#since) this.#asked.clear();
    this.#since = since;
    const key = this.#keyOf(node);
    const asked = this.#asked.get(key);
    if (asked) return asked === 'told' ? undefined : asked;
    const told = this.#askAll().then((all) => {
      if (this.#asked.get(key) !== told) return;
      if (all) this.#asked.set(key, 'told');
      else this.#asked.delete(key);
    });
    this.#asked.set(key, told);
    return told;
  }

  #keyOf(node: string): string {
    if (this.#membership.peer(node)) return node;
    // The code is part of the key: once this node knows all others, unknown names are asked for
    // again.
    return `names that were never heard, ${this.#membership.unknownNode().code}`;
  }

  /** Asks every node that is not known to be gone. Returns whether all have answered. */
  async #askAll(): Promise<boolean> {
    await this.#membership.discovered();
    const answers = this.#membership.known().map((peer) => this.#askOne(peer));
    return (await Promise.all(answers)).every((answered) => answered);
  }

  async #askOne(peer: Peer): Promise<boolean> {
    try {
      const names = await peer.call('table', {}, TABLE_MS);
      if (!Array.isArray(names)) return true;
      for (const name of names.slice(0, MAX_NAMES)) {
        if (typeof name === 'string') this.#moved.set(name, peer.node);
      }
      return true;
    } catch (error) {
      // A node of another version takes no sessions over.
      return McpSseError.from(error).code === 'invalid-message' || peer.ended;
    }
  }
}
