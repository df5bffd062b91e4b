import { expect, it } from 'vitest';

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
