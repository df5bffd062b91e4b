import type { NodeProtocol } from '../requests.js';

/** What a node has sent: numbers count up from 1 for each session, and for broadcasts. */
export interface Sent {
  readonly node: string;
  /** By the id of a session, or `*` for what was broadcast: the last number. */
  readonly last: Readonly<Record<string, number>>;
  /** Notifications that were refused, by the code of the error. */
  readonly refused: Readonly<Record<string, number>>;
  /** Errors that were reported, by code. */
  readonly errors: Readonly<Record<string, number>>;
}

/** The data of a notification. */
export interface Numbered {
  /** The node that has sent it. */
  readonly node: string;
  /** The id of a session, or `*`. */
  readonly to: string;
  readonly n: number;
}

/** What the server behind a session knows of it, as its tool `settings` tells. */
export interface KnownSettings {
  readonly session: string;
  readonly subscriptions: readonly string[];
  readonly client: string | undefined;
  /** Whether the client can be asked. */
  readonly asks: boolean;
  /** How many calls have run, as `session.data` counts them. */
  readonly calls: number;
}

/** What a node of a deploy can be asked besides. */
export interface DeployProtocol extends NodeProtocol {
  readonly answers: NodeProtocol['answers'] & { totals: Sent };
}

/** Nodes that are broken on purpose: the judge must notice each. */
export const STAND_INS = [
  'ends',
  'skips',
  'repeats',
  'swaps',
  'forgets',
  'keeps silent',
  'runs twice',
] as const;
export type StandIn = (typeof STAND_INS)[number] | '';
