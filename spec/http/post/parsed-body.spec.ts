import { gzipSync } from 'node:zlib';

import express, { type Express, type RequestHandler } from 'express';
import { describe, expect, it } from 'vitest';

import type { JsonRpcMessage, McpSseError } from '../../../lib/index.js';
import { notification } from '../../support/messages.js';
import { CANARY, expectRefusal } from '../../support/refusal.js';
import { serve } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

const LIMIT = 500;
const message = notification('greet', { text: 'año €' });
const tooLarge = notification('greet', { text: '€'.repeat(LIMIT / 2) });

interface Behind {
  client: StreamClient;
  received: JsonRpcMessage[];
  errors: McpSseError[];
}

/** A session behind middleware that stands in front of the router. */
async function behind(middleware: readonly RequestHandler[]): Promise<Behind> {
  const received: JsonRpcMessage[] = [];
  const errors: McpSseError[] = [];
  const { url } = await serve(
    {
      handler: (given) => received.push(given) && {},
      limits: { maxBodyBytes: LIMIT },
      hooks: { onError: (error) => errors.push(error) },
    },
    { prepare: (app: Express) => middleware.forEach((each) => app.use(each)), way: 'router' },
  );
  return { client: await StreamClient.open(`${url}/sse`), received, errors };
}

type Middleware = readonly [name: string, handlers: readonly RequestHandler[]];

const json: Middleware[] = [
  ['express.json()', [express.json()]],
  ["express.json({ type: '*/*', strict: false })", [express.json({ type: '*/*', strict: false })]],
];
const text: Middleware[] = [
  ["express.text({ type: '*/*' })", [express.text({ type: '*/*' })]],
  ["express.raw({ type: '*/*' })", [express.raw({ type: '*/*' })]],
];
/** They look at another type of body, and leave this one to be read. */
const passersBy: Middleware[] = [
  ['express.text()', [express.text()]],
  ['express.raw()', [express.raw()]],
  ['express.urlencoded()', [express.urlencoded({ extended: false })]],
  ["express.json({ type: 'text/x' })", [express.json({ type: 'text/x' })]],
  ['all of these', [express.text(), express.raw(), express.urlencoded({ extended: true })]],
];
const all = [...json, ...text, ...passersBy];

describe('[43] behind a body parser', () => {
  it.each(all)('accepts a message: %s', async (_, middleware) => {
    const { client, received, errors } = await behind(middleware);
    expect((await client.post(message)).status).toBe(202);
    expect((await client.post([message, message])).status).toBe(202);
    expect(received).toEqual([message, message, message]);
    expect((await client.request('ping')).result).toEqual({});
    expect(errors).toEqual([]);
  });

  it.each(all)('refuses a body that is no message: %s', async (_, middleware) => {
    const { client, received } = await behind(middleware);
    expectRefusal(await client.post({ jsonrpc: '2.0', method: 7, [CANARY]: 1 }), 400, -32600);
    expectRefusal(await client.post([]), 400, -32600);
    expectRefusal(await client.post(`{"${CANARY}":`), 400, -32700);
    expectRefusal(await client.post(message, { 'Content-Type': 'text/plain' }), 415, -32600);
    expect((await client.post('')).status).toBe(400);
    expect(received).toEqual([]);
  });

  it.each([...text, ...passersBy])('enforces the limit: %s', async (_, middleware) => {
    const { client, received } = await behind(middleware);
    expectRefusal(await client.post(tooLarge), 413, -32600);
    expect(received).toEqual([]);
  });

  it.each(text)('refuses two JSON values: %s', async (_, parser) => {
    const { client, received } = await behind(parser);
    expectRefusal(await client.post(JSON.stringify(message).repeat(2)), 400, -32700);
    expect(received).toEqual([]);
  });

  it('refuses bytes that are not UTF-8: express.raw()', async () => {
    const { client } = await behind([express.raw({ type: '*/*' })]);
    expectRefusal(await client.post(Buffer.from([0x22, 0xc3, 0x28, 0x22])), 400, -32700);
  });

  it.each([...json, ...text])(
    'accepts a gzipped message that the parser has unpacked: %s',
    async (_, parser) => {
      const { client, received } = await behind(parser);
      const packed = gzipSync(JSON.stringify(message));
      expect((await client.post(packed, { 'Content-Encoding': 'gzip' })).status).toBe(202);
      expect(received).toEqual([message]);
    },
  );
});

describe('[43] behind middleware that reads the body itself', () => {
  const reading = (keep: (req: express.Request, text: string) => void): RequestHandler => {
    return (req, _res, next) => {
      let text = '';
      req.on('data', (chunk: Buffer) => (text += chunk.toString()));
      req.on('end', () => {
        keep(req, text);
        next();
      });
    };
  };

  it('accepts the value of req.body', async () => {
    const { client, received } = await behind([reading((req, text) => (req.body = text))]);
    expect((await client.post(message)).status).toBe(202);
    expect(received).toEqual([message]);
  });

  it('answers with 500 if req.body is unset, and tells onError why', async () => {
    const { client, received, errors } = await behind([reading(() => {})]);
    expectRefusal(await client.post(message), 500, -32603);
    expect(received).toEqual([]);
    expect(errors.map(({ code }) => code)).toEqual(['internal']);
    expect(errors[0]!.message).toContain('req.body');
  });

  it('refuses an empty body that was read already, without waiting', async () => {
    const { client } = await behind([reading(() => {})]);
    expectRefusal(await client.post(''), 400, -32700);
  });
});

it('still gets the body when middleware in front awaits something', async () => {
  const { client, received } = await behind([(_req, _res, next) => void setImmediate(next)]);
  expect((await client.post(message)).status).toBe(202);
  expect(received).toEqual([message]);
});
