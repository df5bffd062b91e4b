import type { Outcome } from '../conduct.js';
import { median, medianRatio } from '../statistics.js';
import type { SubjectName } from '../subjects/index.js';

/** All rounds of one metric of one subject in one work; empty when it was not measured. */
export function valuesOf(
  outcomes: readonly Outcome[],
  work: string,
  subject: SubjectName,
  metric: string,
): number[] {
  const outcome = outcomes.find((one) => one.work.name === work);
  const samples = outcome?.samples.get(subject) ?? [];
  return samples.map((sample) => sample[metric] ?? Number.NaN);
}

export interface Figure {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly rounds: readonly number[];
  /** To raw-http of the same rounds. */
  readonly ratio: number | undefined;
}

export function figure(
  outcomes: readonly Outcome[],
  work: string,
  subject: SubjectName,
  metric: string,
): Figure {
  const rounds = valuesOf(outcomes, work, subject, metric);
  const raw = valuesOf(outcomes, work, 'raw-http', metric);
  return {
    median: median(rounds),
    lowest: Math.min(...rounds),
    highest: Math.max(...rounds),
    rounds,
    ratio: raw.length === 0 ? undefined : medianRatio(rounds, raw),
  };
}
