/** Puts the figures of runs into `docs/performance.md`: no figure there is typed by hand. */
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { page } from './paths.js';
import { number } from './report/table.js';
import { sharesRows } from './report/shares.js';
import type { Judged } from './report/targets.js';
import type { RunRecord } from './report/record.js';
import { works } from './works/index.js';

/**
 * @param files records of runs on one machine: the targets get a column for each, the other
 *   tables are those of the last. One made with `--cpu-prof` gives the shares, and nothing else
 */
export async function writePage(files: readonly string[]): Promise<void> {
  const records = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as RunRecord);
  const runs = records.filter(({ shares }) => shares === undefined);
  const profiled = records.find(({ shares }) => shares !== undefined);
  const last = runs.at(-1);
  if (last === undefined) throw new Error('no runs');
  const blocks = {
    machine: machineOf(runs),
    targets: targetsOf(runs),
    works: worksOf(last),
    ...(profiled?.shares && { shares: markdown(sharesRows(profiled.shares)) }),
  };
  let text = readFileSync(page, 'utf8');
  for (const [name, block] of Object.entries(blocks)) text = replaced(text, name, block);
  const config = await resolveConfig(page);
  writeFileSync(page, await format(text, { ...config, parser: 'markdown' }));
}

/** Between `<!-- figures: name -->` and `<!-- end -->`. */
function replaced(text: string, name: string, block: string): string {
  const begin = `<!-- figures: ${name} -->`;
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf('<!-- end -->', from);
  if (from < begin.length || to < 0) throw new Error(`the page has no place for ${name}`);
  return `${text.slice(0, from)}\n\n${block}\n\n${text.slice(to)}`;
}

function machineOf(runs: readonly RunRecord[]): string {
  const [first] = runs;
  if (first === undefined) return '';
  const { cpu, cores, memoryGiB, platform, node, versions } = first.machine;
  const installed = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const days = new Set(runs.map(({ began }) => began.slice(0, 10)));
  const form = runs.every(({ quick }) => quick) ? 'the short form' : 'the whole benchmark';
  return (
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, Node ${node}. ` +
    `${installed.join(', ')}. ${runs.length} runs of ${form}, ${[...days].join(' and ')}.`
  );
}

function targetsOf(runs: readonly RunRecord[]): string {
  const whats = runs[0]?.judged.map(({ what, target }) => [what, target] as const) ?? [];
  return markdown([
    ['', 'target', ...runs.map((_, index) => `run ${index + 1}`)],
    ...whats.map(([what, target]) => [
      what,
      target,
      ...runs.map(({ judged }) => cellOf(judged.find((one) => one.what === what))),
    ]),
  ]);
}

function cellOf(judged: Judged | undefined): string {
  if (judged === undefined || judged.mark === 'not run') return '–';
  const value = number(judged.value, 2);
  return judged.mark === 'ok' ? value : `**${value}**`;
}

function worksOf(run: RunRecord): string {
  return Object.entries(run.works)
    .map(([name, { title, subjects }]) => {
      const metrics = works.find((work) => work.name === name)?.metrics ?? [];
      const head = metrics.flatMap(({ title: column, ratio }) =>
        ratio ? [column, '× raw'] : [column],
      );
      const rows = Object.entries(subjects).map(([subject, figures]) => [
        `\`${subject}\``,
        ...metrics.flatMap(({ key, digits, ratio }) => {
          const { median, ratio: toRaw } = figures[key] ?? {};
          const value = number(median ?? undefined, digits);
          return ratio ? [value, number(toRaw, 2)] : [value];
        }),
      ]);
      return `### ${name}\n\n${sentence(title)}.\n\n${markdown([['', ...head], ...rows])}`;
    })
    .join('\n\n');
}

function sentence(title: string): string {
  return title.charAt(0).toUpperCase() + title.slice(1);
}

/** The first column to the left, the others to the right. */
function markdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column === 0 ? ':--' : '--:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
