/** Requests and their answers, by sessions and calls in flight. */
import { Fleet } from '../load/fleet.js';
import type { SubjectName } from '../subjects/index.js';
import { costOfCalls } from './measure.js';
import { everySubject, fewSubjects, nodeSubjects, type Metric, type Work } from './work.js';

export const callMetrics: readonly Metric[] = [
  { key: 'cpu', title: 'CPU µs/call', digits: 1, ratio: true },
  { key: 'p50', title: 'p50 µs', digits: 0, ratio: true },
  { key: 'p99', title: 'p99 µs', digits: 0, ratio: true },
  { key: 'rate', title: 'calls/s', digits: 0 },
  { key: 'generator', title: 'generator µs/call', digits: 1 },
];

export const mebibyte = 1024 * 1024;

export const callWorks: readonly Work[] = [
  callWork('calls-16x32', 16, 32, nodeSubjects),
  callWork('calls-16x1', 16, 1, everySubject),
  callWork('calls-1x1', 1, 1, [...fewSubjects, 'sdk-v1', 'ours-in-front']),
  callWork('calls-128x1', 128, 1),
  callWork('calls-1mib', 4, 1, undefined, mebibyte),
];

/** Calls in flight are those of one session. */
function callWork(
  name: string,
  sessions: number,
  inFlight: number,
  quickSubjects?: readonly SubjectName[],
  answerBytes?: number,
): Work {
  const size = answerBytes === undefined ? '' : `, answers of ${answerBytes / mebibyte} MiB`;
  return {
    name,
    title: () => `request → answer, sessions × calls in flight: ${sessions} × ${inFlight}${size}`,
    subjects: everySubject,
    quickSubjects,
    metrics: callMetrics,
    start: async (server, { warmUpMs, leadInMs, windowMs }) => {
      const fleet = new Fleet(server);
      await fleet.growTo(sessions);
      const measure = (ms: number) =>
        fleet.withCalls(sessions * inFlight, (run) => costOfCalls([server], run, leadInMs, ms), {
          answerBytes,
        });
      await measure(warmUpMs);
      return { round: () => measure(windowMs), end: () => fleet.close() };
    },
  };
}
