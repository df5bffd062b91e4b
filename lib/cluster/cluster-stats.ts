// The part of `stats()` about the traffic between nodes.
/** Traffic between nodes: gauges of the moment, and counters since the start. */
export interface ClusterStats {
  /** The name of this node, as in its sessions' ids. */
  node: string;
  /** Whether the adapter is in reach. */
  up: boolean;
  /** Nodes that are there now, this one included. */
  nodes: number;
  /** Open streams of other nodes' sessions to clients that are connected here. */
  streamsImported: number;
  /** Open streams of this node's sessions to clients that are connected elsewhere. */
  streamsExported: number;
  /** Requests sent to other nodes, mostly forwarded POSTs. */
  requestsSent: number;
  /** Requests received from other nodes. */
  requestsReceived: number;
  /** Calls of other nodes that this one has noted, in case those are killed. */
  callsKept: number;
  /** Frames sent again because the adapter had lost them or was slow. */
  resent: number;
  /** Bytes that wait to be sent to other nodes, or to be acknowledged by them. */
  queuedBytes: number;
  /** Frames that were dropped because their signature was missing, wrong or too old. */
  rejectedFrames: number;
}
