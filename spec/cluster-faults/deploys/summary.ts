import type { NumberSequence } from '../../support/program/number-sequence.js';
import {
  isHung,
  isUntold,
  lostSessions,
  mayMissBroadcasts,
  type CallRecord,
  type ClientRecord,
  type Evidence,
} from './records.js';

/** What these clients have seen, in one line. */
export function summaryOf(clients: readonly ClientRecord[], evidence: Evidence): string {
  const total = (count: (client: ClientRecord) => number): number =>
    clients.reduce((sum, client) => sum + count(client), 0);
  const numbers = (count: (of: NumberSequence) => number): number =>
    total(({ sequences }) => [...sequences.values()].reduce((sum, of) => sum + count(of), 0));
  const calls = clients.flatMap((client) => client.calls);
  const outcomes = (outcome: CallRecord['outcome']): number =>
    calls.filter((call) => call.outcome === outcome).length;
  const untold = calls.filter((call) => isUntold(call, evidence)).length;
  const missed = total((client) => missedBroadcasts(client, evidence));
  const sessions = total(lostSessions);
  const silence = Math.max(...clients.map(({ longestSilenceMs }) => longestSilenceMs));
  const more = [
    ...(sessions > 0 ? [`${sessions} sessions lost`] : []),
    ...(missed > 0 ? [`${missed} broadcasts missed`] : []),
    ...(untold > 0 ? [`${untold} refused without telling its program`] : []),
  ];
  return [
    `${clients.length} clients, ${total(({ reconnects }) => reconnects)} reconnects`,
    `${numbers(({ count }) => count)} notifications, ${numbers((of) => of.lost) - missed} lost` +
      `, ${numbers((of) => of.repeated)} repeated, ${numbers((of) => of.reordered)} reordered`,
    `${outcomes('answered')} calls answered, ${outcomes('interrupted')} interrupted` +
      `, ${outcomes('refused')} refused${refusals(calls)}, ${calls.filter(isHung).length - untold} hung`,
    ...more,
    `slowest call ${seconds(slowest(calls))}, silent for ${seconds(silence)} at most`,
  ].join('; ');
}

function missedBroadcasts(client: ClientRecord, evidence: Evidence): number {
  const sources = [...client.sequences].filter(([source]) =>
    mayMissBroadcasts(client, source, evidence),
  );
  return sources.reduce((sum, [, { lost }]) => sum + lost, 0);
}

/** How many of each status, or of each other reason. */
function refusals(calls: readonly CallRecord[]): string {
  const counts = new Map<string, number>();
  for (const { outcome, error = '' } of calls) {
    if (outcome !== 'refused') continue;
    const why = /\b[45]\d\d\b/.exec(error)?.[0] ?? (/closed/i.test(error) ? 'closed' : error);
    counts.set(why, (counts.get(why) ?? 0) + 1);
  }
  const told = [...counts].map(([why, count]) => `${count} × ${why}`);
  return told.length > 0 ? ` (${told.join(', ')})` : '';
}

/** In ms, besides what the call itself takes; of those that are not meant to wait. */
function slowest(calls: readonly CallRecord[]): number {
  const times = calls.map(({ name, ms = 0 }) => {
    const own = Number(name.split('/')[1]?.replace('ask', ''));
    return Number.isNaN(own) ? 0 : ms - own;
  });
  return Math.max(0, ...times);
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
