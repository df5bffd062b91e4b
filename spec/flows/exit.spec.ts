import { expect, it } from 'vitest';

import { startChildServer, type ChildServer } from '../support/child-server.js';
import { openStalled } from '../support/stalled-client.js';
import { StreamClient } from '../support/stream-client.js';

const close = ({ url }: ChildServer): Promise<Response> =>
  fetch(`${url}/close`, { method: 'POST' });

// A process that something keeps alive fails these by the time limit of the test.
it('[35] lets the process exit by itself after close() while clients stay', async () => {
  const server = await startChildServer();
  const clients = [
    await StreamClient.open(`${server.url}/sse`),
    await StreamClient.open(`${server.url}/sse`),
  ];
  expect((await clients[0]!.request('ping')).result).toEqual({});
  await close(server);
  expect(await server.exit).toBe(0);
  for (const client of clients) await client.end();
});

it('[35] lets the process exit by itself with a stalled client', async () => {
  const server = await startChildServer();
  await openStalled(server.port);
  await server.ask('/flood?sessions=1&bytes=12000000&awaited=false');
  await close(server);
  expect(await server.exit).toBe(0);
});

it('[35] lets the process exit by itself without any client', async () => {
  const server = await startChildServer();
  await close(server);
  expect(await server.exit).toBe(0);
});
