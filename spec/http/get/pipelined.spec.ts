import { expect, it } from 'vitest';

import { eventually } from '../../support/eventually.js';
import { expectStats } from '../../support/expect-stats.js';
import { RawClient } from '../../support/raw-client.js';
import { serve } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

const GET = ['GET /sse HTTP/1.1', 'Host: localhost', 'Accept: text/event-stream'];

it('opens one stream on a connection, and refuses others behind it', async () => {
  const { port, mcp } = await serve();
  const client = await RawClient.send(port, ...GET);
  await client.received('event: endpoint');
  for (let count = 0; count < 20; count += 1) client.send(...GET);
  await eventually(() => mcp.stats().totals.refused['invalid-request'] === 20, 'the refusals');
  expect(mcp.sessions.size).toBe(1);
  client.drop();
  await eventually(() => mcp.sessions.size === 0, 'the end of the session');
  expectStats(mcp, { totals: { opened: 1, refused: { 'invalid-request': 20 } } });
});

it('opens streams on connections that were used before', async () => {
  const { port, mcp } = await serve();
  const client = await RawClient.send(port, 'GET /message HTTP/1.1', 'Host: localhost');
  await client.received('HTTP/1.1 405');
  client.send(...GET);
  await client.received('event: endpoint');
  expect(mcp.sessions.size).toBe(1);
  client.drop();
});

it('does not hinder another connection', async () => {
  const { port, url } = await serve();
  const client = await RawClient.send(port, ...GET, '', ...GET);
  await client.received('event: endpoint');
  expect((await (await StreamClient.open(`${url}/sse`)).request('ping')).result).toEqual({});
  client.drop();
});
