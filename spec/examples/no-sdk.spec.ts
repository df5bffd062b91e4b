import { expect, it } from 'vitest';

import { runExample, textOf } from '../support/run-example.js';

const example = runExample('no-sdk');

it('answers a tool call with progress before the result', async () => {
  const client = await example.connect();
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['count_down']);
  const steps: number[] = [];
  const call = { name: 'count_down', arguments: { from: 2 } };
  const result = await client.callTool(call, undefined, {
    onprogress: ({ progress }) => steps.push(progress),
  });
  expect(textOf(result)).toBe('Lift-off');
  expect(steps).toEqual([1, 2]);
});

it('answers with the JSON-RPC errors that the handler throws', async () => {
  const client = await example.connect();
  const wrong = client.callTool({ name: 'count_down', arguments: { from: -1 } });
  await expect(wrong).rejects.toMatchObject({ code: -32602 });
  await expect(client.callTool({ name: 'nothing' })).rejects.toMatchObject({ code: -32601 });
});

it('stops a call that the client cancels, and goes on serving', async () => {
  const client = await example.connect();
  const cancel = new AbortController();
  const call = { name: 'count_down', arguments: { from: 1_000 } };
  const cancelled = client.callTool(call, undefined, {
    signal: cancel.signal,
    onprogress: () => {
      cancel.abort();
    },
  });
  await expect(cancelled).rejects.toThrow('abort');
  expect(textOf(await client.callTool({ name: 'count_down', arguments: { from: 1 } }))).toBe(
    'Lift-off',
  );
});
