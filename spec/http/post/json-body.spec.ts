import { once } from 'node:events';

import { beforeEach, describe, expect, it } from 'vitest';

import type { JsonRpcMessage, McpSseError } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { notification } from '../../support/messages.js';
import { RawClient } from '../../support/raw-client.js';
import { CANARY, expectRefusal } from '../../support/refusal.js';
import { serve, type Served } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

const LIMIT = 1_000;
const JSON_TYPE = 'Content-Type: application/json';

describe('[43] a body that is read here', () => {
  let served: Served<unknown>;
  let client: StreamClient;
  let received: JsonRpcMessage[];
  let errors: McpSseError[];

  beforeEach(async () => {
    received = [];
    errors = [];
    served = await serve({
      handler: (message) => {
        received.push(message);
        return {};
      },
      limits: { maxBodyBytes: LIMIT },
      hooks: { onError: (error) => errors.push(error) },
    });
    client = await StreamClient.open(`${served.url}/sse`);
  });

  /** Begins a POST to the session; the spec sends the body, or does not. */
  function begin(...headers: string[]): Promise<RawClient> {
    const { pathname, search } = new URL(client.endpoint);
    const start = [`POST ${pathname}${search} HTTP/1.1`, 'Host: localhost'];
    return RawClient.send(served.port, ...start, ...headers);
  }

  /** The session and its stream are as good as ever. */
  async function expectGoesOn(): Promise<void> {
    await client.request('still there');
    expect(received.pop()).toMatchObject({ method: 'still there' });
    expect(errors).toEqual([]);
  }

  it('is dropped when its client aborts it', async () => {
    const arrived = once(served.server, 'request');
    const poster = await begin(JSON_TYPE, 'Content-Length: 500');
    poster.write('{"jsonrpc":"2.0","method":"');
    await arrived;
    poster.drop();
    await eventually(() => served.mcp.stats().totals.refused['parse-error'] === 1, 'the refusal');
    expect(received).toEqual([]);
    await expectGoesOn();
  });

  it('is dropped when its client ends in the middle of a chunk', async () => {
    const poster = await begin(JSON_TYPE, 'Transfer-Encoding: chunked');
    poster.write('40\r\n{"jsonrpc":"2.0"');
    poster.end();
    await poster.closed();
    await eventually(() => served.mcp.stats().totals.refused['parse-error'] === 1, 'the refusal');
    expect(received).toEqual([]);
    await expectGoesOn();
  });

  it('is refused as soon as its declared length is too large', async () => {
    const poster = await begin(JSON_TYPE, `Content-Length: ${String(LIMIT + 1)}`);
    await poster.received('"code":-32600');
    expect(poster.status).toBe(413);
    await expectGoesOn();
  });

  it('is refused as soon as its chunks are too large, and the rest is dropped', async () => {
    const poster = await begin(JSON_TYPE, 'Transfer-Encoding: chunked');
    const chunk = `${LIMIT.toString(16)}\r\n${' '.repeat(LIMIT)}\r\n`;
    poster.write(chunk);
    poster.write(chunk);
    await poster.received('"code":-32600');
    expect(poster.status).toBe(413);
    // The connection is still of use: what follows is read as part of the refused body.
    for (let more = 0; more < 2_000; more += 1) poster.write(chunk);
    poster.write('0\r\n\r\n');
    poster.send('GET /message HTTP/1.1', 'Host: localhost');
    await poster.received('HTTP/1.1 405');
    await expectGoesOn();
  });

  it('may be exactly as large as the limit, and not one byte more', async () => {
    const empty = JSON.stringify(notification('n', { text: '' })).length;
    const sized = (bytes: number) => notification('n', { text: 'x'.repeat(bytes - empty) });
    expect((await client.post(sized(LIMIT))).status).toBe(202);
    expectRefusal(await client.post(sized(LIMIT + 1)), 413, -32600);
    expect(received.splice(0)).toEqual([sized(LIMIT)]);
    await expectGoesOn();
  });

  it('is counted in bytes, not in characters', async () => {
    const text = '€'.repeat(LIMIT / 2);
    expectRefusal(await client.post(notification('n', { text })), 413, -32600);
    await expectGoesOn();
  });

  it('must be a single JSON value', async () => {
    const one = JSON.stringify(notification());
    expectRefusal(await client.post(`${one}\n${one}`), 400, -32700);
    expectRefusal(await client.post(`${one},`), 400, -32700);
    expect((await client.post(`\n ${one} \r\n`)).status).toBe(202);
    expect(received.splice(0)).toEqual([notification()]);
    await expectGoesOn();
  });

  it('may come in pieces, cut in the middle of a character', async () => {
    const message = notification('n', { text: 'año €, 𝄞' });
    const bytes = Buffer.from(JSON.stringify(message));
    const poster = await begin(JSON_TYPE, `Content-Length: ${String(bytes.length)}`);
    for (const byte of bytes) {
      poster.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await poster.received('HTTP/1.1 202');
    expect(received.splice(0)).toEqual([message]);
    await expectGoesOn();
  });

  it('is requested with 100 Continue if the client expects that', async () => {
    const body = JSON.stringify(notification());
    const length = `Content-Length: ${String(body.length)}`;
    const poster = await begin(JSON_TYPE, length, 'Expect: 100-continue');
    await poster.received('HTTP/1.1 100 Continue\r\n\r\n');
    poster.write(body);
    await poster.received('HTTP/1.1 202');
    received.length = 0;
    await expectGoesOn();
  });

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON;charset="UTF-8"',
    'application/json ; charset=us-ascii',
    'application/json; profile=x',
  ])('may be declared as %s', async (type) => {
    expect((await client.post(notification(), { 'Content-Type': type })).status).toBe(202);
  });

  it('is refused if it is gzipped', async () => {
    const answer = await client.post(CANARY, { 'Content-Encoding': 'gzip' });
    expectRefusal(answer, 415, -32600);
    expect((await client.post(notification(), { 'Content-Encoding': 'identity' })).status).toBe(
      202,
    );
    received.length = 0;
    await expectGoesOn();
  });
});
