import express, { type RequestHandler } from 'express';
import { expect, it } from 'vitest';

import { expectRefusal } from '../../support/refusal.js';
import { serve } from '../../support/serve.js';
import { post, StreamClient } from '../../support/stream-client.js';

const deep = `${'{"a":['.repeat(3_000)}1${']}'.repeat(3_000)}`;
const BODIES = [
  `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":${deep}}}`,
  `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"arguments":${deep}}}`,
  `{"jsonrpc":"2.0","id":3,"result":{"a":${deep}}}`,
];

// Kills: a body at which the server's own recursion ends, as a fault of the server.
it.each<[string, RequestHandler[]]>([
  ['read here', []],
  ['read by express.json()', [express.json({ limit: '1mb' })]],
])('refuses a body that is nested too deep, %s, and serves the next', async (_, parsers) => {
  const errors: string[] = [];
  const { url } = await serve(
    { hooks: { onError: ({ message }) => errors.push(message) } },
    {
      way: 'router',
      prepare: (app) => {
        for (const parser of parsers) app.use(parser);
      },
    },
  );
  const client = await StreamClient.open(`${url}/sse`);
  for (const body of BODIES) expectRefusal(await post(client.endpoint, body), 400, -32600);
  expect((await client.request('ping')).result).toEqual({});
  expect(errors).toEqual([]);
});

it('accepts a byte order mark, and an encoding name in any case', async () => {
  const { url } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  const body = '\ufeff{"jsonrpc":"2.0","id":1,"method":"ping"}';
  const headers = { 'Content-Encoding': 'Identity' };
  expect((await post(client.endpoint, body, headers)).status).toBe(202);
  expect((await client.nextMessage(({ id }) => id === 1)).result).toEqual({});
});
