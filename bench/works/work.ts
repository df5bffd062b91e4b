/** What a work is: something that every subject does, and that is measured. */
import type { Scale } from '../scale.js';
import type { ServerProcess } from '../server/server-process.js';
import { subjectNames, type SubjectName } from '../subjects/index.js';

export interface Work {
  readonly name: string;
  title(scale: Scale): string;
  readonly subjects: readonly SubjectName[];
  /** Those that do it in the short form. None: the short form goes without this work. */
  readonly quickSubjects: readonly SubjectName[];
  /** What ratios in its table are to; `raw-http` unless told. */
  readonly baseline?: SubjectName;
  readonly metrics: readonly Metric[];
  /** What must be said beside the figures. */
  readonly remark?: string;
  /** Whether a round takes so long that there are few of them. */
  readonly long?: boolean;
  /** Starts what the servers need; resolves with what stops it. */
  prepare?(): Promise<() => Promise<void>>;
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

/** Those that serve clients on one node. */
export const everySubject = subjectNames.filter((it) => !/at-home|relayed/.test(it));

/** Those that have an event loop. */
export const nodeSubjects = everySubject.filter((it) => it !== 'mcp-go');
