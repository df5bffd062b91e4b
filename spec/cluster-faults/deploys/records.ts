import type { NumberSequence } from '../../support/program/number-sequence.js';
import type { Posted } from '../balancer.js';
import type { Answer, KnownSettings, Owner, Sent } from './answers.js';

export interface CallRecord {
  readonly name: string;
  /** `interrupted`: its node has ended, and it may have run. `refused`: by any other error. */
  outcome: 'pending' | 'answered' | 'wrong' | 'interrupted' | 'refused';
  error?: string;
  answer?: Answer;
  /** Until it was settled. */
  ms?: number;
}

/** What a client was given. */
export interface ClientRecord {
  readonly name: string;
  /** What it is made of. */
  readonly kind: string;
  /** One message may come again for each reconnect. */
  readonly mayRepeat: boolean;
  /** It has left before the end. */
  readonly passing: boolean;
  /** Can be asked by the server. */
  readonly asks: boolean;
  /** Its program connects anew when it is told that its session is gone. */
  readonly beginsAnew: boolean;
  /** A node that was killed may have had its session. */
  readonly mayLose: boolean;
  readonly uri: string;
  /** By the node that has sent them and whom to. */
  readonly sequences: ReadonlyMap<string, NumberSequence>;
  /** By the session that it was given messages of: the nodes that have sent them, in order. */
  readonly owners: ReadonlyMap<string, readonly Owner[]>;
  readonly sessions: readonly string[];
  readonly reconnects: number;
  /** How often it has said `initialize`. */
  readonly initializes: number;
  /** Messages below the level that it has asked for. */
  readonly unwanted: number;
  /** For how long it was given nothing, at most. */
  readonly longestSilenceMs: number;
  readonly calls: readonly CallRecord[];
  /** What its server knew of it, at last. */
  readonly settings: readonly KnownSettings[];
}

/** What nodes and clients tell of a run. */
export interface Evidence {
  readonly clients: readonly ClientRecord[];
  readonly sent: readonly Sent[];
  /** How often each call has run, and calls of each session. */
  readonly runs: ReadonlyMap<string, number>;
  readonly runsOf: ReadonlyMap<string, number>;
  /** With which statuses POSTs may be refused; with none unless told. */
  readonly mayRefuse?: readonly number[];
  /** Nodes may refuse notifications and leave others out of a broadcast, if they say so. */
  readonly mayLose?: boolean;
  /** What became of each call's POST, as far as there was one. */
  readonly posts?: ReadonlyMap<string, Posted>;
}

/** How many sessions were lost with their nodes. */
export function lostSessions({ mayLose, sessions }: ClientRecord): number {
  return mayLose ? Math.max(0, sessions.length - 1) : 0;
}

/** It was neither answered nor refused, until its client gave up perhaps. */
export function isHung({ outcome, error = '' }: CallRecord): boolean {
  return outcome === 'pending' || /timed out/i.test(error);
}

/**
 * It was refused, and its client does not say so: the SDK for Python drops the status of a POST. Its
 * call ends with a time limit of its own.
 */
export function isUntold(
  { name, outcome }: CallRecord,
  { posts }: Pick<Evidence, 'posts'>,
): boolean {
  const status = posts?.get(name)?.status ?? 202;
  return outcome === 'pending' && status >= 500;
}

/** What is broadcast while a client has no session, or by a node that says who was left out. */
export function mayMissBroadcasts(
  client: ClientRecord,
  source: string,
  { mayLose, sent }: Pick<Evidence, 'mayLose' | 'sent'>,
): boolean {
  if (!source.endsWith('*')) return false;
  const errors = sent.find(({ node }) => source === `${node} *`)?.errors ?? {};
  const isReported = (errors['adapter-unavailable'] ?? 0) + (errors['outcome-unknown'] ?? 0) > 0;
  return lostSessions(client) > 0 || (mayLose === true && isReported);
}
