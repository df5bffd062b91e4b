// This package among what people have: middleware in front, hosts that are no Express application,
// other runtimes. Each row is a small application in a process of its own, and an SDK client that
// lists tools, calls them, is told of progress, and leaves, all with default options.
//
//   npm run test:world               all rows, and a table
//   npm run test:world -- fastify    those with "fastify" in their names
import type { Report } from '../../scripts/report.js';
import { runProgram } from '../support/program/program.js';
import { AppProcess } from './app-process.js';
import { makePlace, type Place } from './place.js';
import { ROWS, type Express, type Row } from './rows.js';
import { runnerRows } from './runners.js';
import { commandOf } from './runtimes.js';
import { table, type Cell } from './table.js';
import { visit } from './visit.js';

/** Cannot be made here, for this reason. */
class Skipped extends Error {}

await runProgram({
  name: 'test:world',
  flags: { only: { default: '', help: 'only rows with this in their names, and no table' } },
  async run({ only }, report) {
    const wanted = ({ name }: { name: string }): boolean =>
      name.toLowerCase().includes(only.toLowerCase());
    const place = await makePlace();
    const cells: Cell[] = [];
    for (const row of ROWS.filter(wanted)) {
      for (const express of row.express) {
        cells.push(await settle(row, express, runRow(row, express, place), report));
      }
    }
    for (const row of runnerRows(place).filter(wanted)) {
      cells.push(await settle(row, 'express5', row.run(), report));
    }
    if (only === '') console.log(`\n${table(cells)}\n`);
  },
});

/** @throws Error with what is wrong, or `Skipped` */
async function runRow(row: Row, express: Express, place: Place): Promise<void> {
  const reason = row.skip?.(place);
  if (reason !== undefined) throw new Skipped(reason);
  const start = await commandOf(row, place);
  if (typeof start === 'string') throw new Skipped(start);
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
}

async function settle(
  { name, broken = false }: { name: string; broken?: boolean },
  express: Express,
  work: Promise<unknown>,
  report: Report,
): Promise<Cell> {
  const title = `${name} (${express})`;
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Skipped) {
    report.skip(title, error.message);
    return { name, express, outcome: 'skipped', reason: error.message };
  }
  const failed = broken ? error === undefined : error !== undefined;
  const problem = broken ? 'it was not noticed' : String(error);
  report.add(title, failed ? problem : undefined, broken ? 'noticed' : '');
  return { name, express, outcome: failed ? 'failed' : 'passed', broken };
}
