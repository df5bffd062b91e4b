import type { Outcome } from '../conduct.js';
import { figure } from './figures.js';
import { number, table } from './table.js';

/** The medians of one work, a row for each subject. */
export function workTable(outcome: Outcome): string {
  const { work, title, seconds, samples } = outcome;
  const rounds = Math.max(0, ...[...samples.values()].map((taken) => taken.length));
  const head = work.metrics.flatMap(({ title: column, ratio }) =>
    ratio ? [column, '× raw'] : [column],
  );
  const rows = [...samples.keys()].map((subject) => [
    subject,
    ...work.metrics.flatMap(({ key, digits, ratio }) => {
      const { median, ratio: toRaw } = figure([outcome], work.name, subject, key);
      return ratio ? [number(median, digits), number(toRaw, 2)] : [number(median, digits)];
    }),
  ]);
  const of = rounds === 1 ? 'one round' : `medians of ${rounds} rounds`;
  return `\n${work.name}: ${title} (${of}, ${seconds} s)\n${table([['', ...head], ...rows])}`;
}
