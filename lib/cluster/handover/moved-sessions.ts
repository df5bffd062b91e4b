// Remembers the present nodes of sessions that have left the node of their id.

/** The most names that are remembered; a session has one or two. The oldest are forgotten. */
export const MAX_NAMES = 131_072;

export class MovedSessions {
  readonly #nodes = new Map<string, string>();

  /** The node that has the session of that id, or the stream of that token. */
  get(name: string): string | undefined {
    return this.#nodes.get(name);
  }

  set(name: string, node: string): void {
    this.#nodes.delete(name);
    this.#nodes.set(name, node);
    if (this.#nodes.size <= MAX_NAMES) return;
    for (const oldest of this.#nodes.keys()) {
      this.#nodes.delete(oldest);
      return;
    }
  }

  delete(name: string): void {
    this.#nodes.delete(name);
  }
}
