import type { Scale } from '../scale.js';
import type { ServerProcess } from '../server/server-process.js';
import type { SubjectName } from '../subjects/index.js';

/** What one round with one subject gave, by metric. */
export type Sample = Readonly<Record<string, number>>;

export interface Metric {
  readonly key: string;
  /** The head of its column. */
  readonly title: string;
  readonly digits: number;
  /** Shown as a ratio to raw-http too. */
  readonly ratio?: boolean;
}

/** A work in progress with one subject. */
export interface Trial {
  round(): Promise<Sample>;
  /** Closes what the trial has open. Never throws. */
  end(): void;
}

export interface Work {
  readonly name: string;
  title(scale: Scale): string;
  /** Those that can do it. */
  readonly subjects: readonly SubjectName[];
  /** Those that do it in the short form, if not all. */
  readonly quickSubjects?: readonly SubjectName[];
  readonly metrics: readonly Metric[];
  rounds(scale: Scale): number;
  /** How many sockets it has open at a time, with so many subjects. */
  sockets(scale: Scale, subjects: number): number;
  /** Opens sessions and warms up. */
  start(server: ServerProcess, scale: Scale): Promise<Trial>;
}
