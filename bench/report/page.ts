/** Puts the figures of runs into `docs/performance.md`: no figure there is typed by hand. */
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { page } from '../paths.js';
import { works } from '../works/index.js';
import { shareRows } from './profile.js';
import { readRecord, type RunRecord } from './record.js';
import { markdown, targetRows, workRows } from './tables.js';
import { judge } from './targets.js';

/**
 * @param files records of runs on one machine: the targets get a column for each, the other
 *   tables are those of the last. One made with `--cpu-prof` gives the shares, and nothing else
 */
export async function writePage(files: readonly string[]): Promise<void> {
  const records = files.map(readRecord);
  const runs = records.filter(({ shares }) => shares === undefined);
  const shares = records.find((record) => record.shares !== undefined)?.shares;
  const last = runs.at(-1);
  if (last === undefined) throw new Error('no runs');
  const forms = [...new Set(runs.map(({ form }) => form))].join(' and ');
  const days = [...new Set(runs.map(({ began }) => began.slice(0, 10)))].join(' and ');
  const judged = runs.map((run) => judge(run.works));
  const blocks = {
    machine: `${last.machine} ${runs.length} runs (${forms}), ${days}.`,
    targets: markdown(targetRows(judged, (value) => `**${value}**`)),
    works: worksOf(last),
    ...(shares && { shares: markdown(shareRows(shares)) }),
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

function worksOf(run: RunRecord): string {
  const sections = works.map((work) => {
    const title = run.works[work.name]?.title;
    if (title === undefined) return [];
    const sentence = `${title.charAt(0).toUpperCase()}${title.slice(1)}. ${work.remark ?? ''}`;
    return [`### ${work.name}`, sentence, markdown(workRows(run.works, work))];
  });
  return sections.flat().join('\n\n');
}
