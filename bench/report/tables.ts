/** The tables of a report. */
import { median, medianRatio } from '../statistics.js';
import type { Work } from '../works/work.js';
import { valuesOf, type Works } from './record.js';
import type { Judged } from './targets.js';

export type Rows = readonly (readonly string[])[];

/** The medians of one work, a row for each subject. */
export function workRows(works: Works, { name, metrics, baseline = 'raw-http' }: Work): Rows {
  const times = baseline === 'raw-http' ? '× raw' : `× ${baseline}`;
  const head = metrics.flatMap(({ title, ratio }) => (ratio ? [title, times] : [title]));
  const rows = Object.keys(works[name]?.samples ?? {}).map((subject) => [
    subject,
    ...metrics.flatMap(({ key, digits, ratio }) => {
      const values = valuesOf(works, name, subject, key);
      const value = number(median(values), digits);
      if (!ratio) return [value];
      return [value, number(medianRatio(values, valuesOf(works, name, baseline, key)), 2)];
    }),
  ]);
  return [['', ...head], ...rows];
}

/** The targets beside what was measured, a column for each run; `short` marks what is missed. */
export function targetRows(
  runs: readonly (readonly Judged[])[],
  short: (value: string) => string,
): Rows {
  const cell = (judged: Judged | undefined) => {
    if (judged === undefined || judged.mark === 'not run') return 'not run';
    const value = number(judged.value, 2);
    return judged.mark === 'ok' ? value : short(value);
  };
  const [first = []] = runs;
  return [
    ['', 'target', ...runs.map((_, index) => `run ${index + 1}`)],
    ...first.map(({ what, target }, at) => [what, target, ...runs.map((run) => cell(run[at]))]),
  ];
}

/** In columns: the first to the left, the others to the right. */
export function markdown([head = [], ...rows]: Rows): string {
  const widths = head.map((_, at) =>
    Math.max(...[head, ...rows].map((row) => row[at]?.length ?? 0)),
  );
  const padded = (row: readonly string[]) =>
    row.map((it, at) => (at === 0 ? it.padEnd(widths[0] ?? 0) : it.padStart(widths[at] ?? 0)));
  const rule = widths.map((width, at) =>
    at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [padded(head), rule, ...rows.map(padded)]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}

export function number(value: number, digits: number): string {
  if (!Number.isFinite(value)) return '–';
  const exactly = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString('en-US', exactly);
}
