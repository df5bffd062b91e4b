import { STEPS, type Candidate, type Step } from './steps.js';

/** How one client fared: undefined for a step that went well, or what is wrong. */
export type Outcome = ReadonlyMap<Step | 'connect', string | undefined>;

/** The outcomes as a Markdown table, for docs/compatibility.md. */
export function table(rows: readonly (readonly [Candidate, Outcome])[]): string {
  const cells = rows.map(([candidate, outcome]) => [
    candidate.name,
    candidate.version,
    ...STEPS.map((step) => cell(candidate, step, outcome)),
  ]);
  const head = ['client', 'version', ...STEPS];
  return [head, head.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function cell(candidate: Candidate, step: Step, outcome: Outcome): string {
  const reason = candidate.cannot?.[step];
  if (reason !== undefined) return `– (${reason})`;
  if (!outcome.has(step) || outcome.get(step) !== undefined) return 'fails';
  if (step === 'progress' && candidate.shuffles) return 'in any order';
  if (step === 'ping') return candidate.silent ? 'not answered' : 'yes';
  if (step === 'largest') return sizeOf(candidate.largestEvent);
  if (step !== 'drop') return 'yes';
  return candidate.drop + (candidate.givesUpCalls ? '; it gives running calls up itself' : '');
}

function sizeOf(bytes: number | undefined): string {
  if (bytes === undefined) return 'over 4 MiB';
  const mebibytes = bytes / 1024 / 1024;
  return mebibytes < 1 ? `${bytes / 1024} KiB` : `${mebibytes} MiB`;
}
