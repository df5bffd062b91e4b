import type { Outcome } from '../conduct.js';
import { median, medianRatio } from '../statistics.js';
import type { SubjectName } from '../subjects/index.js';
import { valuesOf } from './figures.js';
import { number, table } from './table.js';

interface Measured {
  readonly subject: SubjectName;
  readonly metric: string;
}

interface Target extends Measured {
  readonly what: string;
  readonly work: string;
  /** What it is a ratio to; nothing: the figure itself. */
  readonly over?: Measured;
  /** The ratio of these two is divided by: what any server pays that does nothing itself. */
  readonly beside?: readonly [of: Measured, over: Measured];
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly unit?: string;
}

const raw = (metric: string): Measured => ({ subject: 'raw-http', metric });
const bare = (metric: string): Measured => ({ subject: 'express-json', metric });

/** What this package must reach, with every check, lock, log and bound in place. */
const targets: readonly Target[] = [
  {
    what: 'request, handler: CPU × bare Express + express.json',
    work: 'request',
    subject: 'ours-handler',
    metric: 'cpu',
    over: bare('cpu'),
    atMost: 0.9,
  },
  {
    what: 'request, SDK v1 server: CPU × the official transport',
    work: 'request',
    subject: 'ours-v1',
    metric: 'cpu',
    over: { subject: 'sdk-v1', metric: 'cpu' },
    atMost: 0.75,
  },
  {
    what: 'request, SDK v2 server: CPU × server-legacy',
    work: 'request',
    subject: 'ours-v2',
    metric: 'cpu',
    over: { subject: 'sdk-v2-legacy', metric: 'cpu' },
    atMost: 0.75,
  },
  {
    what: 'one in flight, handler: p50 × bare Express + express.json',
    work: 'latency',
    subject: 'ours-handler',
    metric: 'p50',
    over: bare('p50'),
    atMost: 1,
  },
  {
    what: 'request, handler in front of Express: CPU × raw-http',
    work: 'request',
    subject: 'ours-before',
    metric: 'cpu',
    over: raw('cpu'),
    atMost: 1.6,
  },
  {
    what: 'burst, handler: CPU per event × raw-http',
    work: 'burst',
    subject: 'ours-handler',
    metric: 'cpu',
    over: raw('cpu'),
    atMost: 0.5,
  },
  {
    what: 'one message per turn, handler: CPU per event × raw-http',
    work: 'per-turn',
    subject: 'ours-handler',
    metric: 'cpu',
    over: raw('cpu'),
    atMost: 1.15,
  },
  {
    what: 'broadcast, handler: CPU per delivery × raw-http',
    work: 'broadcast',
    subject: 'ours-handler',
    metric: 'cpu',
    over: raw('cpu'),
    atMost: 1.5,
  },
  {
    what: 'heap per idle session, handler × bare Express',
    work: 'idle',
    subject: 'ours-handler',
    metric: 'heap',
    over: bare('heap'),
    atMost: 1.4,
  },
  {
    what: 'sessions opened per second, handler × bare Express',
    work: 'open',
    subject: 'ours-handler',
    metric: 'rate',
    over: bare('rate'),
    atLeast: 0.8,
  },
  {
    what: 'reader that stops, handler: memory held',
    work: 'stalled',
    subject: 'ours-handler',
    metric: 'held',
    atMost: 32,
    unit: 'MiB',
  },
  {
    what: "reader that stops, handler: the others' p99 × before",
    work: 'stalled',
    subject: 'ours-handler',
    metric: 'worse',
    atMost: 1.3,
  },
  ...(['ours-handler', 'ours-before'] as const).map((subject) => ({
    what: `growth, ${subject}: CPU per call, many × few sessions, × that of raw-http`,
    work: 'growth',
    subject,
    metric: 'cpuMany',
    over: { subject, metric: 'cpuFew' },
    // Bare node:http grows too: the caches hold the state of 100 sockets, not that of thousands.
    beside: [raw('cpuMany'), raw('cpuFew')] as const,
    atMost: 1.15,
  })),
  {
    what: 'growth, handler: heap per session, many × some sessions',
    work: 'growth',
    subject: 'ours-handler',
    metric: 'heapMany',
    over: { subject: 'ours-handler', metric: 'heapSome' },
    atLeast: 0.85,
    atMost: 1.15,
  },
];

export interface Judged {
  readonly what: string;
  readonly target: string;
  /** NaN when it was not measured. */
  readonly value: number;
  readonly mark: 'ok' | 'SHORT' | 'not run';
}

/** The targets beside what was measured. */
export function judge(outcomes: readonly Outcome[]): Judged[] {
  return targets.map((target) => {
    const value = measured(outcomes, target);
    const { atLeast = -Infinity, atMost = Infinity } = target;
    const reached = value >= atLeast && value <= atMost;
    const mark = Number.isNaN(value) ? 'not run' : reached ? 'ok' : 'SHORT';
    return { what: target.what, target: inWords(target), value, mark };
  });
}

function measured(outcomes: readonly Outcome[], target: Target): number {
  const { work, over, beside } = target;
  const values = (of: Measured) => valuesOf(outcomes, work, of.subject, of.metric);
  if (over === undefined) return median(values(target));
  const ratio = medianRatio(values(target), values(over));
  return beside === undefined ? ratio : ratio / medianRatio(values(beside[0]), values(beside[1]));
}

function inWords({ atLeast, atMost, unit = '' }: Target): string {
  const bounds =
    atLeast === undefined
      ? `≤ ${atMost ?? ''}`
      : atMost === undefined
        ? `≥ ${atLeast}`
        : `${atLeast}–${atMost}`;
  return `${bounds} ${unit}`.trimEnd();
}

export function targetTable(judged: readonly Judged[]): string {
  const rows = judged.map(({ what, target, value, mark }) => [
    what,
    target,
    number(value, 2),
    mark,
  ]);
  return `\nWhat must be reached\n${table([['', 'target', 'measured', ''], ...rows])}`;
}
