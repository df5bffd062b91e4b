import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { expectStats } from '../support/expect-stats.js';
import { notification, request } from '../support/messages.js';
import { RawClient } from '../support/raw-client.js';
import { serve, type Served } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

const HOST = 'Host: localhost';
const PING = JSON.stringify(request('raw', 'ping'));

describe('on a raw socket', () => {
  let served: Served<unknown>;
  let beside: StreamClient;

  beforeEach(async () => {
    served = await serve();
    beside = await StreamClient.open(`${served.url}/sse`);
  });
  afterEach(async () => {
    expect((await beside.request('ping')).result, 'the session beside goes on').toEqual({});
    expectStats(served.mcp, { totals: { errors: {} } });
  });

  const raw = (...lines: string[]): Promise<RawClient> => RawClient.send(served.port, ...lines);

  /** The status of the answer to a request. */
  async function statusOf(...lines: string[]): Promise<number> {
    const client = await raw(...lines);
    await client.received(/^HTTP\/1\.1 \d{3} /);
    return client.status;
  }

  /** POSTs a ping to the session beside, in one write. */
  async function ping(target: string, version = '1.1', ...headers: string[]): Promise<RawClient> {
    const client = await RawClient.connect(served.port);
    const head = [`POST ${target} HTTP/${version}`, 'Content-Type: application/json', ...headers];
    client.write([...head, `Content-Length: ${String(PING.length)}`, '', PING].join('\r\n'));
    await client.received(/^HTTP\/1\.1 \d{3} /);
    return client;
  }

  const pong = (): Promise<unknown> => beside.nextMessage(({ id }) => id === 'raw');

  it('serves HTTP/1.0, whose stream ends with the connection', async () => {
    const client = await raw('GET /sse HTTP/1.0', HOST);
    await client.received('event: endpoint\ndata: message?sessionId=');
    expect(client.text).not.toMatch(/transfer-encoding/i);
    const id = /sessionId=([\w-]+)\n\n$/.exec(client.text)![1]!;
    await served.mcp.send(id, notification('note'));
    await client.received(`data: ${JSON.stringify(notification('note'))}\n\n`);
    served.mcp.sessions.get(id)!.close();
    await client.closed();

    expect((await ping(`/message?sessionId=${beside.sessionId}`, '1.0', HOST)).status).toBe(202);
    expect(await pong()).toMatchObject({ result: {} });
  });

  it('serves absolute-form URLs', async () => {
    const origin = `http://localhost:${String(served.port)}`;
    const stream = await raw(`GET ${origin}/sse?x=1 HTTP/1.1`, HOST);
    await stream.received('event: endpoint\ndata: message?sessionId=');
    const target = `HTTP://localhost/message?sessionId=${beside.sessionId}`;
    expect((await ping(target, '1.1', HOST)).status).toBe(202);
    expect(await pong()).toMatchObject({ result: {} });
    expect(await statusOf(`PUT ${origin}/sse HTTP/1.1`, HOST)).toBe(405);
    expect(await statusOf(`GET ${origin} HTTP/1.1`, HOST)).toBe(404);
  });

  it.each(['get', 'Get', 'post', 'FOO', 'GET/sse', ''])(
    'lets Node refuse the method %j',
    async (method) => {
      expect(await statusOf(`${method} /sse HTTP/1.1`, HOST)).toBe(400);
    },
  );

  it.each([
    ['sessionId=ID&sessionId=ID', 400],
    ['sessionId=ID&sessionId=', 400],
    ['sessionId=ID&session%49d=other', 400],
    ['sessionId=', 400],
    ['sessionId', 400],
    ['', 400],
    ['sessionId[]=ID', 400],
    ['SESSIONID=ID', 400],
    ['sessionId=ID%00', 404],
    ['sessionId=ID%', 404],
    ['sessionId=ID%0d%0aX-Injected:%201', 404],
    ['sessionId=%FF%FE', 404],
    ['sessionId=__proto__', 404],
    ['sessionId=constructor', 404],
    ['sessionId=ID;x=1', 404],
    ['sessionId=ID?', 404],
    [`sessionId=${'x'.repeat(10_000)}`, 404],
    ['x=1&sessionId=ID&y=2', 202],
    ['session%49d=ID', 202],
    ['&&sessionId=ID&', 202],
  ])('answers a POST with the query %j: %i', async (query, status) => {
    const { sessionId } = beside;
    const client = await ping(`/message?${query.replaceAll('ID', sessionId)}`, '1.1', HOST);
    expect(client.status).toBe(status);
    expect(client.text).not.toMatch(/^X-Injected/m);
    if (status === 202) expect(await pong()).toMatchObject({ result: {} });
  });

  it('accepts a session id with every character percent-encoded', async () => {
    const encoded = beside.sessionId.replace(/./g, (c) => `%${c.charCodeAt(0).toString(16)}`);
    expect((await ping(`/message?sessionId=${encoded}`, '1.1', HOST)).status).toBe(202);
    expect(await pong()).toMatchObject({ result: {} });
  });

  const headerOddities: readonly [string, number, ...string[]][] = [
    ['no Host', 400],
    ['two Hosts, the first of a stranger', 403, 'Host: evil.example.com', HOST],
    ['an empty Host', 403, 'Host:'],
    ['two Accepts', 200, HOST, 'Accept: text/html', 'Accept: text/event-stream'],
    ['an Accept of 4,000 types', 406, HOST, `Accept: ${'a/b,'.repeat(4_000)}`],
    ['an upgrade to what is not served', 200, HOST, 'Connection: Upgrade', 'Upgrade: websocket'],
    ['Connection: close', 200, HOST, 'Connection: close'],
    ['two Origins', 403, HOST, 'Origin: http://localhost', 'Origin: http://evil.example.com'],
    ['a Last-Event-ID of nobody', 404, HOST, 'Last-Event-ID: 1:%00,../..'],
    ['names of Object.prototype', 200, HOST, '__proto__: 1', 'constructor: 2'],
    ['a folded header', 400, HOST, 'X-A: 1', ' 2'],
    ['a header without a name', 400, HOST, ': 1'],
    ['a control character', 400, HOST, 'X-A: \u0001'],
    ['too many headers', 431, HOST, ...Array<string>(30).fill(`X-A: ${'x'.repeat(1_000)}`)],
    ['a body that nobody asked for', 200, HOST, 'Content-Length: 5'],
    ['a length that is none', 400, HOST, 'Content-Length: five'],
    ['two framings', 400, HOST, 'Content-Length: 5', 'Transfer-Encoding: chunked'],
  ];
  it.each(headerOddities)('survives on a stream request: %s', async (_, status, ...headers) => {
    expect(await statusOf('GET /sse HTTP/1.1', ...headers)).toBe(status);
  });

  it.each([
    '*',
    '/',
    '//',
    '/sse/%',
    '/%00',
    '/..%2fsse',
    'sse',
    '/sse#x',
    `/sse${'/'.repeat(9_000)}x`,
  ])('survives the target %s', async (target) => {
    const status = await statusOf(`OPTIONS ${target} HTTP/1.1`, HOST);
    expect([200, 204, 400, 404]).toContain(status);
    expect(served.mcp.stats().totals.opened).toBe(1);
  });

  it.each([
    '\r\n\r\n',
    '\0\0\0\0',
    '\x16\x03\x01\x02\x00\x01',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '{}',
  ])('survives bytes that are not HTTP: %j', async (bytes) => {
    const client = await RawClient.connect(served.port);
    client.write(bytes);
    client.end();
    await client.closed();
  });

  it('survives many requests at once on one connection', async () => {
    const client = await RawClient.connect(served.port);
    const head = [`POST /message?sessionId=${beside.sessionId} HTTP/1.1`, HOST].join('\r\n');
    const note = JSON.stringify(notification());
    const one = `${head}\r\nContent-Type: application/json\r\nContent-Length: ${String(note.length)}\r\n\r\n${note}`;
    client.write(one.repeat(20));
    const answers = (): number => client.text.split('HTTP/1.1 202').length - 1;
    await eventually(() => answers() === 20, 'the answers to all of them');
    client.send('GET /sse HTTP/1.1', HOST);
    client.write(one);
    await client.received('event: endpoint');
    client.drop();
  });
});
