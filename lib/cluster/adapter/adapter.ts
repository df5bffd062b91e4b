// The port: carries frames between nodes, and may lose them.

/** The address where every member listens, besides its own. */
export const EVERYONE = '*';

/** Receives the events of an adapter. Its methods do not throw and are not awaited. */
export interface AdapterListener {
  /** A frame for this node, or for everyone; one's own frames for everyone may come back. */
  frame(frame: string): void;
  /**
   * Reports whether the adapter is in reach: first when the join succeeds, then on every change.
   *
   * @param reason why it is not; `hooks.onError` gets it as the `cause`
   */
  state(up: boolean, reason?: Error): void;
}

/** One node that has joined. */
export interface AdapterMember {
  /**
   * The largest frame that `send` carries, in bytes of UTF-8. Nodes send longer messages in pieces of
   * that size. Undefined if there is no limit. It may change while the adapter is out of reach.
   */
  readonly maxFrameBytes?: number | undefined;
  /**
   * How many members listen to everyone's address, this one included, as of the last frame for
   * everyone. A node that has just joined learns by it whether it has heard all others. Undefined
   * where the adapter cannot count them.
   */
  readonly listeners?: number | undefined;
  /** Frames that were dropped because their signature was missing, wrong or too old. */
  readonly rejectedFrames?: number | undefined;
  /**
   * Sends a frame to the node `to`, or to `EVERYONE`.
   *
   * true: somebody listens there now, so it is on its way. false: nobody does, as far as the adapter
   * can count; it may arrive all the same, where servers replicate. A rejection with an
   * `McpSseError` `adapter-unavailable`: it was surely not sent; `message-too-large`: nor will it
   * ever be. Any other rejection: the adapter did not answer, and the frame may arrive. Settles
   * within about 1.5 s and never keeps a frame for later: one that is delivered after its `send`
   * has settled badly is delivered late.
   */
  send(to: string, frame: string): Promise<boolean>;
  /** Ends the membership and everything the adapter opened for it. Never rejects. Safe to call again. */
  leave(): Promise<void>;
}

/** Names of nodes: twelve ASCII letters, digits, `-` and `_`, random for each process. */
export interface NodeNames {
  make(): string;
  /** Whether the name was made by a node of this cluster. */
  proves(name: string): boolean;
}

/**
 * Carries frames between nodes. Delivery at most once is enough: frames may be lost, repeated or
 * reordered, because the nodes number them, drop repeats, and ask again for missing ones.
 *
 * Any adapter must:
 * - listen before `join` resolves, so that a frame sent after it is not missed;
 * - come back by itself after an outage, listen again, and only then say `state(true)`;
 * - bound every wait, and queue nothing while it is out of reach;
 * - leave open the client that the application passed in: it belongs to the application.
 */
export interface Adapter {
  /** Names that prove that they are of this cluster; those of the nodes are made by it. */
  readonly names?: NodeNames | undefined;
  /**
   * @param self the node's address, random for each process: ASCII letters, digits, `-` and `_`
   * @throws (as a rejection) within about 5 s when the adapter is out of reach; the node will try
   * again, and serves its own sessions meanwhile.
   */
  join(self: string, listener: AdapterListener): Promise<AdapterMember>;
}
