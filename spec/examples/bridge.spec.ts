import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { runExample, textOf } from '../support/run-example.js';

const example = runExample('bridge');

it('serves the tool of a stdio server', async () => {
  const client = await example.connect();
  expect(client.getServerVersion()).toMatchObject({ name: 'stdio-only' });
  const greeting = await client.callTool({ name: 'greet', arguments: { name: 'Ada' } });
  expect(textOf(greeting)).toBe('Hello, Ada!');
  await eventually(() => example.stdout.includes('upstream open legacy'), 'its line');
});
