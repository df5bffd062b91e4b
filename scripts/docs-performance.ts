// Puts the figures of recorded runs of the benchmark into docs/performance.md, so that none is typed
// by hand: `npm run docs:performance -- first.json second.json [--profiles FOLDER]`. The runs are of
// one machine: the targets get a column for each, the other tables are those of the last. Short runs on
// several versions of Node (`--versions 22.json,24.json`) get a table of their own.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { format, resolveConfig } from 'prettier';

import { readRecord, valuesOf, type RunRecord } from '../bench/report/record.js';
import { markdown, number, targetRows, workRows, type Rows } from '../bench/report/tables.js';
import { judge } from '../bench/report/targets.js';
import { medianRatio } from '../bench/statistics.js';
import { works } from '../bench/works/index.js';
import { shareRows } from './profile-shares.js';

const page = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const { values, positionals } = parseArgs({
  options: { profiles: { type: 'string' }, versions: { type: 'string' } },
  allowPositionals: true,
});
const runs = positionals.map(readRecord);
const blocks = {
  ...blocksOf(runs),
  ...(values.versions && {
    versions: markdown(versionRows(values.versions.split(',').map(readRecord))),
  }),
  ...(values.profiles && { shares: markdown(shareRows(values.profiles)) }),
};
let text = readFileSync(page, 'utf8');
for (const [name, block] of Object.entries<string>(blocks)) text = replaced(text, name, block);
const config = await resolveConfig(page);
writeFileSync(page, await format(text, { ...config, parser: 'markdown' }));

/** Between `<!-- figures: name -->` and `<!-- end -->`. */
function replaced(text: string, name: string, block: string): string {
  const begin = `<!-- figures: ${name} -->`;
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf('<!-- end -->', from);
  if (from < begin.length || to < 0) throw new Error(`the page has no place for ${name}`);
  return `${text.slice(0, from)}\n\n${block}\n\n${text.slice(to)}`;
}

function blocksOf(all: readonly RunRecord[]): Record<string, string> {
  const last = all.at(-1);
  if (last === undefined) return {};
  const forms = [...new Set(all.map(({ form }) => form))].join(' and ');
  const days = [...new Set(all.map(({ began }) => began.slice(0, 10)))].join(' and ');
  const judged = all.map((run) => judge(run.works));
  return {
    machine: `${last.machine} ${all.length} runs (${forms}), ${days}.`,
    targets: markdown(targetRows(judged, (value) => `**${value}**`)),
    works: worksOf(last),
  };
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

/** CPU in relation to `raw-http` on the same version of Node: a column for each version. */
function versionRows(all: readonly RunRecord[]): Rows {
  const measured = ['calls-16x32', 'calls-16x1', 'burst'].flatMap((work) => {
    const subjects = ['express-json', 'sdk-v1', 'ours-handler', 'ours-in-front', 'ours-v1'];
    return subjects.map((subject) => [work, subject] as const);
  });
  const byVersion = all.toSorted((one, other) => one.node.localeCompare(other.node));
  const ratio = ({ works: done }: RunRecord, work: string, subject: string): string => {
    const raw = valuesOf(done, work, 'raw-http', 'cpu');
    return number(medianRatio(valuesOf(done, work, subject, 'cpu'), raw), 2);
  };
  return [
    ['CPU × raw-http', ...byVersion.map(({ node }) => `Node ${node.slice(1)}`)],
    ...measured.map(([work, subject]) => [
      `${work}: ${subject}`,
      ...byVersion.map((run) => ratio(run, work, subject)),
    ]),
  ];
}
