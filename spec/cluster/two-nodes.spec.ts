import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import {
  numbers,
  onlySession,
  openWithIds,
  returnWithId,
  sendNumbers,
} from '../support/returning-client.js';
import { serveNodes } from '../support/serve-nodes.js';
import { post, StreamClient } from '../support/stream-client.js';

it('takes a POST on the other node', async () => {
  const [here, there] = await serveNodes(2);
  const client = await StreamClient.open(`${here!.url}/sse`);
  const sessionId = new URL(client.endpoint).searchParams.get('sessionId')!;
  const response = await post(`${there!.url}/message?sessionId=${sessionId}`, {
    jsonrpc: '2.0',
    id: 1,
    method: 'ping',
  });
  expect(response.status).toBe(202);
  expect(await client.nextMessage()).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
  client.drop();
});

it('goes on with a stream on the other node', async () => {
  const [here, there] = await serveNodes(2);
  const client = await openWithIds(`${here!.url}/sse`);
  const session = onlySession(here!.mcp);
  await sendNumbers(session, 1, 10);
  await eventually(() => numbers(client).length === 10);
  client.drop();
  await eventually(() => session.state === 'detached');
  await sendNumbers(session, 11, 20);
  const id = client.events.findLast((event) => event.id !== undefined)!.id!;
  const again = await StreamClient.open(`${there!.url}/sse`, { 'Last-Event-ID': id });
  await sendNumbers(session, 21, 30);
  await eventually(() => numbers(again).length === 20);
  expect(numbers(again)).toEqual(Array.from({ length: 20 }, (_, n) => n + 11));
  again.drop();
  await eventually(() => session.state === 'detached');
});
