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
  /** Why sessions have closed, by their ids. */
  readonly closed: Readonly<Record<string, string>>;
}

/** The data of a notification. */
export interface Numbered {
  /** The node that has sent it. */
  readonly node: string;
  /** The id of a session, or `*`. */
  readonly to: string;
  readonly n: number;
  /** How often the session had been handed over. */
  readonly epoch: number;
}

/** What a tool answers: which call, and who has run it. */
export interface Answer extends Owner {
  readonly name: string;
  readonly session: string;
  /** When it was answered, in ms on a clock that all processes share. */
  readonly at: number;
}

/** Who has a session. */
export interface Owner {
  readonly node: string;
  readonly epoch: number;
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

/** Nodes that are broken on purpose, and what shows it: the judge must notice each. */
export const STAND_INS = {
  ends: 'deploys',
  skips: 'deploys',
  repeats: 'deploys',
  swaps: 'deploys',
  forgets: 'deploys',
  'keeps silent': 'deploys',
  'runs twice': 'deploys',
  'goes on after it has moved': 'deploys',
  'answers as another': 'deploys',
  'tells nobody of its calls': 'crash',
} as const;
export type StandIn = keyof typeof STAND_INS | '';
