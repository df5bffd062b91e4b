/** What this package must reach, with every check, lock, log, budget and bound on. */
import { median, medianRatio, ratios } from '../statistics.js';
import type { SubjectName } from '../subjects/index.js';
import { valuesOf, type Works } from './record.js';

interface Target {
  readonly work: string;
  readonly metric: string;
  /** A metric of the same round that it is divided by. */
  readonly per?: string;
  readonly subject: SubjectName;
  /** The target is a ratio to this subject's figure of the same round, or a difference. */
  readonly over?: SubjectName;
  readonly minus?: SubjectName;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly unit?: string;
}

const raw = { over: 'raw-http' } as const;
const express = { over: 'express-json' } as const;
const v1 = { subject: 'ours-v1', over: 'sdk-v1' } as const;
const v2 = { subject: 'ours-v2', over: 'sdk-v2-legacy' } as const;
const handler = { subject: 'ours-handler' } as const;
const inFront = { subject: 'ours-in-front' } as const;
const away = { subject: 'ours-relayed' } as const;
const besideGo = { ...inFront, over: 'mcp-go' } as const;

const targets: readonly Target[] = [
  { work: 'calls-16x32', metric: 'cpu', ...handler, ...raw, atMost: 1.08 },
  { work: 'calls-16x32', metric: 'cpu', ...inFront, ...raw, atMost: 0.88 },
  { work: 'calls-16x32', metric: 'cpu', ...v1, atMost: 0.72 },
  { work: 'calls-16x32', metric: 'cpu', ...v2, atMost: 0.65 },
  { work: 'calls-16x1', metric: 'cpu', ...v1, atMost: 0.82 },
  { work: 'calls-16x1', metric: 'cpu', ...v2, atMost: 0.7 },
  { work: 'calls-16x1', metric: 'p50', ...inFront, ...raw, atMost: 1.2 },
  { work: 'calls-16x1', metric: 'p50', ...handler, ...express, atMost: 0.85 },
  { work: 'calls-16x1', metric: 'p50', ...v1, atMost: 0.9 },
  { work: 'calls-1x1', metric: 'p50', ...inFront, ...raw, atMost: 1.05 },
  { work: 'calls-1x1', metric: 'p50', ...handler, ...express, atMost: 0.82 },
  { work: 'burst', metric: 'cpu', ...handler, ...raw, atMost: 0.42 },
  { work: 'per-turn', metric: 'cpu', ...handler, ...raw, atMost: 1.08 },
  { work: 'broadcast', metric: 'cpu', ...handler, ...raw, atMost: 0.5 },
  { work: 'idle', metric: 'heap', ...inFront, ...raw, atMost: 1.3 },
  { work: 'idle', metric: 'heap', ...handler, ...express, atMost: 1.2 },
  { work: 'idle', metric: 'rss', ...handler, ...express, atMost: 1.3 },
  { work: 'open', metric: 'rate', ...handler, ...express, atLeast: 0.9 },
  { work: 'stalled', metric: 'held', ...handler, atMost: 32, unit: 'MiB' },
  { work: 'stalled', metric: 'worse', ...handler, atMost: 1.3 },
  // Bare node:http grows too: the caches hold the state of 100 sockets, not that of thousands.
  { work: 'growth', metric: 'cpuMany', per: 'cpuFew', ...handler, ...raw, atMost: 1.15 },
  { work: 'growth', metric: 'cpuMany', per: 'cpuFew', ...inFront, ...raw, atMost: 1.15 },
  { work: 'growth', metric: 'heapMany', per: 'heapSome', ...handler, atLeast: 0.85, atMost: 1.15 },
  { work: 'growth', metric: 'heapMany', per: 'heapSome', ...inFront, atLeast: 0.85, atMost: 1.15 },
  { work: 'calls-16x1', metric: 'rate', ...besideGo, atLeast: 1 },
  { work: 'calls-16x1', metric: 'cpu', ...besideGo, atMost: 1 },
  { work: 'calls-16x1', metric: 'p50', ...besideGo, atMost: 1 },
  { work: 'calls-16x1', metric: 'p99', ...besideGo, atMost: 1 },
  { work: 'burst', metric: 'rate', ...besideGo, atLeast: 4 },
  { work: 'relayed', metric: 'p50', ...away, minus: 'ours-at-home', atMost: 350, unit: 'µs' },
  { work: 'relayed', metric: 'cpu', ...away, over: 'ours-at-home', atMost: 1.05 },
];

export interface Judged {
  readonly what: string;
  readonly target: string;
  readonly value: number;
  /** A target whose subjects were measured without giving a figure is missed. */
  readonly mark: 'ok' | 'SHORT' | 'not run';
}

/** The targets beside what was measured. */
export function judge(works: Works): Judged[] {
  return targets.map((target) => {
    const value = measured(works, target);
    const { atLeast = -Infinity, atMost = Infinity } = target;
    const words = { what: whatOf(target), target: boundsOf(target) };
    if (value === undefined) return { ...words, value: Number.NaN, mark: 'not run' };
    return { ...words, value, mark: value >= atLeast && value <= atMost ? 'ok' : 'SHORT' };
  });
}

/** What makes `--check` fail, or undefined. */
export function shortfall(judged: readonly Judged[]): string | undefined {
  const short = judged.filter(({ mark }) => mark === 'SHORT');
  if (short.length > 0) return `${short.length} of ${judged.length} targets are missed`;
  // A check that has looked at nothing must not pass.
  if (judged.every(({ mark }) => mark === 'not run')) return 'no target was measured';
  return undefined;
}

/** Undefined unless all its subjects were measured. */
function measured(works: Works, target: Target): number | undefined {
  const { work, metric, per, subject, over, minus } = target;
  const roundsOf = (name: SubjectName) => {
    const values = valuesOf(works, work, name, metric);
    return per === undefined ? values : ratios(values, valuesOf(works, work, name, per));
  };
  const own = roundsOf(subject);
  const other = roundsOf(over ?? minus ?? subject);
  if (own.length === 0 || other.length === 0) return undefined;
  if (over !== undefined) return medianRatio(own, other);
  return median(minus === undefined ? own : own.map((one, at) => one - (other[at] ?? NaN)));
}

function whatOf({ work, metric, per, subject, over, minus }: Target): string {
  const figure = per === undefined ? metric : `${metric} / ${per}`;
  const relation = over ? ` × ${over}` : minus ? ` − ${minus}` : '';
  return `${work}, ${figure}: ${subject}${relation}`;
}

function boundsOf({ atLeast, atMost, unit = '' }: Target): string {
  const range = atMost === undefined ? `≥ ${atLeast ?? ''}` : `≤ ${atMost}`;
  return atLeast && atMost ? `${atLeast}–${atMost}` : `${range} ${unit}`.trimEnd();
}
