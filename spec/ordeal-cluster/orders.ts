import type { ClusterStats } from '../../lib/cluster/dispatcher.js';

/** What a node may be asked, and what it answers. */
export interface Orders {
  /** How many notifications each session was sent, by its id. */
  sent: Record<string, number>;
  /** Begins to send notifications to all sessions, or stops. */
  talk: undefined;
  hush: undefined;
  /** Answers the calls that are held back. */
  release: undefined;
  /** Ends all sessions, and says what is left afterwards. */
  clear: undefined;
  state: NodeState;
}

export type OrderName = keyof Orders;

export interface NodeState {
  readonly cluster: ClusterStats;
  readonly sessions: number;
  readonly detached: number;
  /** After a garbage collection, in MiB. */
  readonly heap: number;
  /** Errors that were reported, by code. */
  readonly errors: Readonly<Record<string, number>>;
  readonly resumed: number;
}

export type NodeMessage =
  | { readonly kind: 'listening'; readonly node: string }
  | { readonly kind: 'done'; readonly id: number; readonly gives: unknown };
