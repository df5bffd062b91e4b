// This package among what people have: middleware in front, hosts that are no Express application,
// other runtimes. Each row is a small application in a process of its own, and an SDK client that
// lists tools, calls them, is told of progress, and leaves, all with default options.
//
//   npm run test:world               all rows, and a table
//   npm run test:world -- fastify    those with "fastify" in their names
import { AppProcess } from './app-process.js';
import { makePlace } from './place.js';
import { ROWS, type Express, type Row } from './rows.js';
import { commandOf } from './runtimes.js';
import { runnerRows } from './runners.js';
import { table, type Cell } from './table.js';
import { visit } from './visit.js';

const [only = ''] = process.argv.slice(2);
const wanted = ({ name }: { name: string }): boolean =>
  name.toLowerCase().includes(only.toLowerCase());
const place = await makePlace();
const cells: Cell[] = [];

for (const row of ROWS.filter(wanted)) {
  for (const express of row.express) await settle(row, express, runRow(row, express));
}
for (const row of runnerRows(place).filter(wanted)) await settle(row, 'express5', row.run());

const count = (outcome: Cell['outcome']): number =>
  cells.filter((cell) => cell.outcome === outcome).length;
if (only === '') console.log(`\n${table(cells)}\n`);
if (count('failed') > 0 || count('passed') === 0) process.exitCode = 1;
console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);

/** @returns a reason why it cannot be run, or undefined when all went well */
async function runRow(row: Row, express: Express): Promise<string | undefined> {
  const reason = row.skip?.(place);
  if (reason !== undefined) return reason;
  const start = await commandOf(row, place);
  if (typeof start === 'string') return start;
  const { tls } = place;
  const app = await AppProcess.start(start.command, start.args, place[express], {
    ...(tls && { WORLD_KEY: tls.key, WORLD_CERT: tls.cert }),
  });
  try {
    await visit(app, place.root);
  } catch (error) {
    throw new Error(`${String(error)}\n${app.complaints.slice(-1_000)}`.trim(), { cause: error });
  } finally {
    await app.stop();
  }
  return undefined;
}

async function settle(
  row: { name: string; broken?: boolean },
  express: Express,
  work: Promise<string | undefined>,
): Promise<void> {
  const { name, broken = false } = row;
  let reason: string | undefined;
  const fault = await work.then(
    (skipped) => {
      reason = skipped;
      return undefined;
    },
    (error: unknown) => String(error),
  );
  const title = `${name} (${express})`;
  if (reason !== undefined) {
    console.log(`skipped ${title}: ${reason}`);
    cells.push({ name, express, outcome: 'skipped', reason });
  } else if (broken) {
    const noticed = fault !== undefined;
    console.log(noticed ? `ok ${title}: noticed` : `not ok ${title}: it was not noticed`);
    cells.push({ name, express, outcome: noticed ? 'passed' : 'failed', broken });
  } else {
    console.log(fault === undefined ? `ok ${title}` : `not ok ${title}: ${fault}`);
    cells.push({ name, express, outcome: fault === undefined ? 'passed' : 'failed' });
  }
}
