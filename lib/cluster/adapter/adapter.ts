// The port: carries frames between nodes, and may lose them.

/** The address at which every member listens, in addition to its own. */
export const EVERYONE = '*';

/** Receives the events of an adapter. Its methods do not throw and are not awaited. */
export interface AdapterListener {
  /**
   * Receives a frame for this node or for everyone. A node may receive its own frames for everyone.
   */
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
   * Members that listen at `EVERYONE`, this one included, counted at the last frame sent there. A
   * node that has just joined compares it with the nodes that it has heard. Undefined if the
   * adapter cannot count.
   */
  readonly listeners?: number | undefined;
  /** Frames that were dropped because their signature was missing, wrong or too old. */
  readonly rejectedFrames?: number | undefined;
  /**
   * Sends a frame to the node `to`, or to `EVERYONE`. Settles within about 1.5 s. Never queues a
   * frame, because one that arrives after its `send` was rejected comes too late.
   *
   * - `true`: the address has a listener, so the frame is on its way.
   * - `false`: the address has no listener, as far as the adapter can count. Where servers
   *   replicate, the frame may arrive anyway.
   * - Rejects with `McpSseError` `adapter-unavailable`: the frame was certainly not sent.
   * - Rejects with `McpSseError` `message-too-large`: it was not sent, and never can be.
   * - Rejects with anything else: the adapter did not answer, and the frame may arrive.
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
 * - listen before `join` resolves: it must not miss a frame that is sent later;
 * - come back by itself after an outage, listen again, and only then call `state(true)`;
 * - bound every wait, and queue nothing while it is out of reach;
 * - leave open the client that the application passed in: it belongs to the application.
 */
export interface Adapter {
  /**
   * Makes node names that prove their membership in this cluster. Without it, names are only
   * random.
   */
  readonly names?: NodeNames | undefined;
  /**
   * @param self the node's address, random for each process: ASCII letters, digits, `-` and `_`
   * @throws (as a rejection) within about 5 s if the adapter is out of reach; the node will try
   * again, and serves its own sessions meanwhile.
   */
  join(self: string, listener: AdapterListener): Promise<AdapterMember>;
}
