import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { lastingPort } from '../support/lasting-port.js';
import { newJournal } from '../support/sdk/tools.js';
import { v1McpServer } from '../support/sdk/v1-servers.js';
import { bridged, greet } from './bridged.js';
import { events, noTools, scripted, type Answer } from './scripted.js';
import { statesOf } from './states.js';
import { serveV1 } from './upstreams.js';

const factory = () => v1McpServer(newJournal());

it('reports each change once: connecting, open, lost, back', async () => {
  const port = await lastingPort();
  const first = await serveV1(factory, { port });
  const to = await bridged(first.url);
  const states = statesOf(to);
  await to.connect();
  await first.kill();
  await serveV1(factory, { port });
  expect(await greet(to.client)).toBe('Hello, Ann');
  expect(states).toEqual([
    ...['connecting', 'open', 'open legacy'],
    ...['reconnecting legacy', 'open legacy'],
  ]);
  const [session] = to.served.mcp.sessions;
  expect(to.server.upstreamOf(session!.id)).toMatchObject({ state: 'open', reconnects: 1 });
});

it('reports a failure when the upstream cannot be reached at first', async () => {
  const to = await bridged(`http://127.0.0.1:${await lastingPort()}/mcp`);
  const states = statesOf(to);
  expect(await to.failure()).toMatchObject({ data: { reason: 'unreachable' } });
  await eventually(() => states.includes('failed'));
  expect(states.slice(0, 2)).toEqual(['connecting', 'failed']);
});

it('reports an upstream that becomes unreachable, and its return', async () => {
  const port = await lastingPort();
  const first = await scripted(noTools, { port });
  const to = await bridged(first.url);
  const states = statesOf(to);
  await to.connect();
  await first.kill();
  await expect(to.client.listTools()).rejects.toMatchObject({ data: { reason: 'unreachable' } });
  expect(states.at(-1)).toBe('failed legacy');
  expect(to.server.stats().sessions).toMatchObject({ failed: 1, open: 0 });
  await scripted(noTools, { port });
  expect(await to.client.listTools()).toEqual({ tools: [] });
  expect(states.slice(-2)).toEqual(['failed legacy', 'open legacy']);
});

it('reports that it reconnects while it has a stream', async () => {
  const port = await lastingPort();
  const stream: Answer = (_req, res) => {
    events(res);
    res.write(': open\n\nretry: 100\n\n');
  };
  const first = await scripted(noTools, { port, stream });
  const to = await bridged(first.url);
  const states = statesOf(to);
  await to.connect();
  await eventually(() => first.requests.some(({ method }) => method === 'GET'));
  await first.kill();
  await eventually(() => states.at(-1) === 'reconnecting legacy');
  await scripted(noTools, { port, stream });
  await eventually(() => states.at(-1) === 'open legacy');
});
