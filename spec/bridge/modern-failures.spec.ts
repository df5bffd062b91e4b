import { expect, it } from 'vitest';

import { lastingPort } from '../support/lasting-port.js';
import { bridged } from './bridged.js';
import { serveHttp } from './upstreams.js';

const MODERN = { era: 'modern', closeTimeoutMs: 300 } as const;

it('says that an upstream of 2026 cannot be reached, and has seen nothing', async () => {
  const to = await bridged(`http://127.0.0.1:${await lastingPort()}/mcp`, MODERN);
  expect(await to.failure()).toMatchObject({
    data: { hop: 'upstream', reason: 'unreachable', outcome: 'not-done' },
  });
  expect(to.errors).toMatchObject([{ reason: 'unreachable', sent: false }]);
});

it.each([401, 403, 500, 503])('says that it refuses with %d', async (status) => {
  const upstream = await serveHttp((_req, res) => res.writeHead(status).end());
  const to = await bridged(upstream.url, MODERN);
  expect(await to.failure()).toMatchObject({
    data: { hop: 'upstream', reason: 'refused', outcome: 'not-done', status },
  });
});

it.each([
  ['hangs', () => undefined, 'timeout'],
  [
    'cuts the connection',
    (req: { socket: { destroy(): unknown } }) => req.socket.destroy(),
    'closed',
  ],
])('says that it %s', async (_, answer, reason) => {
  // Who cuts has cut by then, on a slow machine, too.
  const connectTimeoutMs = reason === 'timeout' ? 1_000 : 30_000;
  const to = await bridged((await serveHttp(answer)).url, { ...MODERN, connectTimeoutMs });
  expect(await to.failure()).toMatchObject({ data: { hop: 'upstream', reason } });
});

it('says that it answers what is no message', async () => {
  const upstream = await serveHttp((_req, res) => {
    res.writeHead(200, { 'content-type': 'application/json' }).end('{');
  });
  const to = await bridged(upstream.url, MODERN);
  expect(await to.failure()).toMatchObject({ data: { reason: 'invalid-answer' } });
});

it('says how a program of 2026 has ended', async () => {
  const upstream = { command: process.execPath, args: ['-e', 'process.exit(3)'] };
  expect(await (await bridged(upstream, MODERN)).failure()).toMatchObject({
    message: 'The process of the upstream ended with code 3',
    data: { hop: 'upstream', reason: 'closed' },
  });
});
