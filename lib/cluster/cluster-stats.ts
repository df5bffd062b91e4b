// What `stats()` tells of the traffic between nodes.
/** What `stats()` tells of the traffic between nodes: gauges of now, and counters. */
export interface ClusterStats {
  /** The name of this node, as in its sessions' ids. */
  node: string;
  /** Whether the adapter is in reach. */
  up: boolean;
  /** Nodes that are there now, this one included. */
  nodes: number;
  /** Streams now of other nodes' sessions to clients here, and of our sessions to clients there. */
  streamsImported: number;
  streamsExported: number;
  /** Requests of this node to others (POSTs passed on, most of them), and of others to it. */
  requestsSent: number;
  requestsReceived: number;
  /** Frames sent once more, since the adapter had lost them or was too slow. */
  resent: number;
  /** Bytes that wait for other nodes now, or for their acknowledgement. */
  queuedBytes: number;
  /** Frames that were dropped because their signature was missing, wrong or too old. */
  rejectedFrames: number;
}
