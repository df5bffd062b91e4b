import type { ClusterStats } from '../../lib/cluster/cluster-stats.js';

/** What a node says. */
export interface NodeProtocol {
  /** The beginning of its sessions' ids. */
  readonly ready: string;
  readonly answers: NodeAnswers;
}

/** What a node can be asked, and what it answers. */
export interface NodeAnswers {
  /** How many notifications each session was sent, by its id. */
  sent: Record<string, number>;
  /** Begins to send notifications to all sessions, or stops. */
  startNotifying: undefined;
  stopNotifying: undefined;
  /** Answers the calls that are held back. */
  releaseCalls: undefined;
  /** Its sessions, and whether each has a stream. */
  sessions: NodeSession[];
  /** Why sessions have closed, by their ids. */
  closed: Record<string, string>;
  /** Stands still for so long. */
  block5s: undefined;
  block7s: undefined;
  closeSessions: undefined;
  state: NodeState;
}

export interface NodeSession {
  readonly id: string;
  readonly open: boolean;
}

export interface NodeState {
  readonly cluster: ClusterStats;
  readonly sessions: number;
  readonly detached: number;
  /** After a garbage collection, in MiB. */
  readonly heap: number;
  /** Errors that were reported, by code. */
  readonly errors: Readonly<Record<string, number>>;
}
