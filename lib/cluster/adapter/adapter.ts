// The port: carries frames between nodes, and may lose them.
/** The port to whatever carries frames between nodes, and the duties of who implements it. */

/** Where every member listens, besides its own address. */
export const EVERYONE = '*';

/** What an adapter tells the node that has joined. Neither call throws, and neither is awaited. */
export interface AdapterListener {
  /** A frame for this node, or for everyone; one's own frames for everyone may come back. */
  frame(frame: string): void;
  /**
   * Whether the adapter is in reach. Told on every change, and first when the join succeeds.
   *
   * @param reason why it is not; `hooks.onError` gets it as the `cause`
   */
  state(up: boolean, reason?: Error): void;
}

/** One node that has joined. */
export interface AdapterMember {
  /**
   * Bytes of UTF-8 of the largest frame that `send` carries. Nodes send longer messages in pieces
   * of that size. Undefined where none is too large. It may change while the adapter is out of reach.
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
   * Hands a frame to the node `to`, or to `EVERYONE`.
   *
   * true: somebody listens there now, so it is on its way. false: nobody does, as far as the adapter
   * can count; it may arrive all the same, where servers replicate. A rejection with an
   * `McpSseError` `adapter-unavailable`: it was surely not sent; `message-too-large`: nor will it
   * ever be. Any other rejection: the adapter did not answer, and the frame may arrive. Settles
   * within about 1.5 s and never keeps a frame for later: one that is delivered after its `send`
   * has settled badly is delivered late.
   */
  send(to: string, frame: string): Promise<boolean>;
  /** Ends the membership and what the adapter has opened for it; never rejects. Safe to call again. */
  leave(): Promise<void>;
}

/** Names of nodes: twelve ASCII letters, digits, `-` and `_`, random for each process. */
export interface NodeNames {
  make(): string;
  /** Whether the name was made by a node of this cluster. */
  proves(name: string): boolean;
}

/**
 * Carries frames between nodes: at most once is enough. Frames may be lost, repeated and
 * reordered; the nodes number them, drop repeats, and ask again for what is missing.
 *
 * Any adapter must:
 * - listen before `join` resolves, so that a frame sent after it is not missed;
 * - come back by itself after an outage, listen again, and only then say `state(true)`;
 * - bound every wait, and queue nothing while it is out of reach;
 * - leave the client that the application gave it open: it is the application's.
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
