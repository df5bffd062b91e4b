import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { introduce } from '../support/dashboard-client.js';
import { eventually } from '../support/eventually.js';
import { serve } from '../support/serve.js';
import { installed } from '../support/server-process.js';
import { snippets } from '../support/snippets.js';
import { StreamClient } from '../support/stream-client.js';

const SLOW = { timeout: 60_000 };
const commands = snippets()
  .filter(({ place, language }) => place.startsWith('docs/ending-sse.md') && language === 'sh')
  .map(({ code }) => code);

// What the page tells operators to type.
const hasPrograms = ['curl', 'jq'].every(installed);

it.runIf(hasPrograms)('the commands of the page show the clients that are left', SLOW, async () => {
  const { url, port, app, mcp } = await serve(
    {
      sunset: {
        deprecated: new Date(0),
        at: new Date(1),
        successor: 'https://tools.example/mcp',
        applies: ({ clientInfo }) => clientInfo?.name === 'late',
      },
    },
    { way: 'router' },
  );
  app.get('/usage', async (_req, res) => {
    res.json(await mcp.usage());
  });
  await introduce(url, { name: 'spec', version: '2.1' }, { 'User-Agent': 'agent/1' });
  const late = await StreamClient.open(`${url}/sse`, { 'User-Agent': 'agent/2' });
  await late.post({
    ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
    params: { clientInfo: { name: 'late', version: '0.1' } },
  });
  await eventually(() => mcp.stats().totals.refused.sunset === 1);
  expect(commands).toHaveLength(3);
  const [clients, sums, refused] = await Promise.all(
    commands.map(async (command) => {
      const here = command.replace('127.0.0.1:3000', `127.0.0.1:${port}`);
      const { stdout } = await promisify(execFile)('sh', ['-ec', here]);
      return stdout.split('\n').map((line) => line.split('\t'));
    }),
  );
  const today = new Date().toISOString().slice(0, 10);
  expect(clients).toContainEqual([today, 'spec', '2.1', 'agent/1', '', '1']);
  expect(sums).toContainEqual(['spec', 'sse', '1', '1']);
  expect(refused).toEqual([['1', 'late', 'agent/2', ''], ['']]);
});
