/** What a work is: something that every subject does, and that is measured. */
import type { Scale } from '../scale.js';
import type { ServerProcess } from '../server/server-process.js';
import type { SubjectName } from '../subjects/index.js';

export interface Work {
  readonly name: string;
  title(scale: Scale): string;
  readonly subjects: readonly SubjectName[];
  /** Those that do it in the short form, which goes without this work if there are none. */
  readonly quickSubjects?: readonly SubjectName[] | undefined;
  /** What ratios in its table are to; `raw-http` unless told. */
  readonly baseline?: SubjectName;
  readonly metrics: readonly Metric[];
  /** What must be said beside the figures. */
  readonly remark?: string;
  /** Whether a round takes so long that there are few of them. */
  readonly long?: boolean;
  /** Whether it is done only when it is named: no target is about it. */
  readonly apart?: boolean;
  /** Starts what the servers need; resolves with what stops it, if something must. */
  prepare?(): Promise<void | (() => Promise<void>)>;
  /** Opens sessions and warms up. */
  start(server: ServerProcess, scale: Scale): Promise<Trial>;
}

export interface Metric {
  /** Its name in samples and records. */
  readonly key: string;
  /** The head of its column. */
  readonly title: string;
  readonly digits: number;
  /** Whether its ratio to the baseline is shown too. */
  readonly ratio?: boolean;
}

/** A work in progress with one subject. */
export interface Trial {
  readonly round: () => Promise<Sample>;
  /** Closes what the trial has open. */
  readonly end: () => unknown;
}

/** What one round with one subject gave, by metric. */
export type Sample = Readonly<Record<string, number>>;

/** Those that serve clients on one node, with an event loop. */
export const nodeSubjects: readonly SubjectName[] = [
  ...(['raw-http', 'express-json', 'sdk-v1', 'sdk-v2-legacy'] as const),
  ...(['ours-handler', 'ours-in-front', 'ours-v1', 'ours-v2'] as const),
];

export const everySubject: readonly SubjectName[] = [...nodeSubjects, 'mcp-go'];

/** What most is to be told by in the short form. */
export const fewSubjects = ['raw-http', 'express-json', 'ours-handler'] as const;
