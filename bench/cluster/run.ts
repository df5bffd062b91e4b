/**
 * `npm run bench:cluster`: what a session costs whose client is connected to another node. See
 * bench/README.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { RedisServer } from '../../spec/support/redis-server.js';
import { results } from '../paths.js';
import { assertSocketsAllowed, prepare } from '../prepare.js';
import { machine } from '../report/record.js';
import { number, table } from '../report/table.js';
import { median, medianRatio } from '../statistics.js';
import { measures, type Sample } from './measures.js';
import { Pair, ways, type Way } from './pair.js';

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1000,10000' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'string', default: fileURLToPath(new URL('cluster.json', results)) },
  },
});
const steps = values.sessions.split(',').map(Number);
const rounds = Number(values.rounds);

type Samples = Record<Way, Sample[]>;
interface Step {
  readonly sessions: number;
  readonly samples: Record<string, Samples>;
}

/** Both ways in turn, each round beginning with the other. */
async function measure(url: string, sessions: number): Promise<Step> {
  const pair = await Pair.start(url, sessions);
  const samples: Record<string, Samples> = {};
  try {
    for (const { name, run } of measures) {
      for (const way of ways) await run(pair, way);
      const taken: Samples = (samples[name] = { 'same-node': [], relayed: [] });
      for (let round = 0; round < rounds; round += 1) {
        const order = round % 2 === 0 ? ways : ways.toReversed();
        for (const way of order) taken[way].push(await run(pair, way));
      }
    }
  } finally {
    pair.stop();
  }
  return { sessions, samples };
}

const valuesOf = (samples: readonly Sample[], figure: string): number[] =>
  samples.map((sample) => sample[figure] ?? Number.NaN);

function report({ sessions, samples }: Step): string {
  const tables = measures.map(({ name, title, figures }) => {
    const taken = samples[name] ?? { 'same-node': [], relayed: [] };
    const rowsOf = (label: string, of: (values: number[], figure: string) => number) =>
      ways.map((way) => [
        way + label,
        ...figures.map((figure) =>
          number(of(valuesOf(taken[way], figure), figure), digits(figure)),
        ),
      ]);
    const rows = [...rowsOf('', median), ...rowsOf(', best round', best)];
    const ratios = figures.map((figure) => {
      const [there, here] = [valuesOf(taken.relayed, figure), valuesOf(taken['same-node'], figure)];
      // The other node does nothing for clients of the first.
      return figure === 'edgeMicros' ? '–' : number(medianRatio(there, here), 2);
    });
    const added = figures.map((figure) => {
      const here = valuesOf(taken['same-node'], figure);
      const more = valuesOf(taken.relayed, figure).map(
        (value, round) => value - (here[round] ?? 0),
      );
      return number(median(more), digits(figure));
    });
    const body = [['', ...figures], ...rows, ['ratio', ...ratios], ['added', ...added]];
    return `\n${sessions} sessions: ${title}\n${table(body)}`;
  });
  return tables.join('\n');
}

/** What a machine that does something else at the same time has disturbed the least. */
const best = (of: readonly number[], figure: string): number =>
  figure === 'perSecond' ? Math.max(...of) : Math.min(...of);

const digits = (figure: string): number => (figure.startsWith('p9') || figure === 'p50' ? 2 : 0);

const began = new Date();
assertSocketsAllowed(Math.max(...steps) + 256);
prepare(['ours-handler']);
const redis = await RedisServer.begin();
try {
  const here = machine();
  console.log(`\n${here.cpu}, ${here.cores} cores, ${here.platform}, Node ${here.node}`);
  const outcomes: Step[] = [];
  for (const sessions of steps) {
    const step = await measure(redis.url, sessions);
    outcomes.push(step);
    console.log(report(step));
  }
  mkdirSync(results, { recursive: true });
  const record = { machine: here, began, rounds, steps: outcomes };
  writeFileSync(values.json, `${JSON.stringify(record, null, 2)}\n`);
  console.log(`\nMedians of ${rounds} rounds. Written to ${values.json}`);
} catch (error) {
  console.error(error instanceof Error ? `\nFAILED: ${error.message}` : error);
  process.exitCode = 1;
} finally {
  await redis.stop();
}
process.exit();
