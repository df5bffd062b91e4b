import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { CLIENTS, eraOf } from '../support/every-client.js';
import { runExample, textOf } from '../support/run-example.js';

const example = runExample('every-era');

it.each(CLIENTS)('serves a client at the one URL: %s', async (_, connect, era) => {
  const client = example.closeLater(await connect(example.url('/sse')));
  expect(await eraOf(client)).toBe(era);
});

it('serves the same tools and the same note to all of them', async () => {
  const [writer, reader] = [await example.connect(), await example.connect()];
  const sum = await writer.callTool({ name: 'add', arguments: { a: 2, b: 3 } });
  expect(textOf(sum)).toBe('5');
  await writer.callTool({ name: 'write', arguments: { text: 'hello' } });
  const { contents } = await reader.readResource({ uri: 'note://today' });
  expect(contents).toMatchObject([{ text: 'hello' }]);
});

it('notifies subscribers of one era of changes by a client of another', async () => {
  const updates: string[] = [];
  const subscriber = await example.connect();
  subscriber.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
    updates.push(params.uri);
  });
  await subscriber.subscribeResource({ uri: 'note://today' });
  const writer = new Client(
    { name: 'writer', version: '1' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  );
  await writer.connect(new StreamableHTTPClientTransport(example.url('/sse')));
  example.closeLater(writer);
  await writer.callTool({ name: 'write', arguments: { text: 'news' } });
  await eventually(() => updates.length > 0, 'the update');
  expect(updates).toEqual(['note://today']);
});
