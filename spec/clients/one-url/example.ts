// The example for clients of every era, as a process of its own, visited by each of them.
import type { Report } from '../../../scripts/report.js';
import { eventually } from '../../support/eventually.js';
import { lastingPort } from '../../support/lasting-port.js';
import { within } from '../../support/program/waiting.js';
import { ScriptProcess } from '../../support/script-process.js';
import { expectNoConnection } from './visit.js';
import type { Visitor } from './visitors.js';

const SERVER = 'examples/every-era/server.ts';
const START_MS = 30_000;
const STEP_MS = 30_000;
const TOOLS = ['add', 'era', 'write'];

/** @param titled the visitors, by the titles of their checks */
export async function checkExample(
  titled: ReadonlyMap<string, Visitor>,
  report: Report,
): Promise<void> {
  const port = await lastingPort();
  const example = new ScriptProcess(SERVER, port);
  await eventually(() => example.stdout.includes('/sse'), `the start of ${SERVER}`, START_MS);
  for (const [title, visitor] of titled)
    await report.check(title, visit(`http://127.0.0.1:${String(port)}/sse`, visitor));
  example.kill('SIGTERM');
  const ended = within(example.ended, STEP_MS, 'the end of the example');
  await report.check('one URL, the example: ends by SIGTERM', ended.then(expectExit));
}

async function visit(url: string, { servedBy, connect }: Visitor): Promise<void> {
  if (servedBy === 'nothing') {
    await expectNoConnection(connect(url, undefined));
    return;
  }
  const client = await within(connect(url, undefined), STEP_MS, 'the connection');
  try {
    const tools = await within(Promise.resolve(client.tools()), STEP_MS, 'tools/list');
    const missing = TOOLS.filter((name) => !tools.includes(name));
    if (missing.length > 0) throw new Error(`${missing.join(', ')} is not in ${tools.join(', ')}`);
    const answer = await within(client.call('era'), STEP_MS, 'a call');
    const era = servedBy === '2026' ? 'modern' : 'legacy';
    if (!answer.includes(era)) throw new Error(`the era is not ${era}: ${answer}`);
  } finally {
    await within(Promise.resolve(client.close()), STEP_MS, 'the end of the client');
  }
}

function expectExit({ code, signal }: { code: number | null; signal: string | null }): void {
  if (code !== 0) throw new Error(`it ended with ${String(code ?? signal)}`);
}
