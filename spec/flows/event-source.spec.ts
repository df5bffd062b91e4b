import { EventSource } from 'eventsource';
import supertest from 'supertest';
import { expect, it, onTestFinished } from 'vitest';

import type { JsonRpcMessage } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { cyclic, notification, request, result } from '../support/messages.js';
import { serve } from '../support/serve.js';

/** Any EventSource: what it is told by the stream, in order. */
class Page {
  readonly source: EventSource;
  readonly endpoints: string[] = [];
  readonly messages: JsonRpcMessage[] = [];

  constructor(readonly url: string) {
    this.source = new EventSource(url);
    this.source.addEventListener('endpoint', ({ data }) => this.endpoints.push(String(data)));
    this.source.addEventListener('message', ({ data }) => {
      this.messages.push(JSON.parse(String(data)) as JsonRpcMessage);
    });
    onTestFinished(() => {
      this.source.close();
    });
  }

  /** Path and query for POSTs. */
  async endpoint(): Promise<string> {
    await eventually(() => this.endpoints.length > 0, 'the endpoint event');
    const { pathname, search } = new URL(this.endpoints[0]!, this.url);
    return pathname + search;
  }
}

it('serves an EventSource whose page posts with any HTTP client', async () => {
  const { url, server } = await serve({}, { mount: '/api/v1' });
  const page = new Page(`${url}/sse`);
  const http = supertest(server);
  const endpoint = await page.endpoint();
  expect(endpoint).toMatch(/^\/api\/v1\/message\?sessionId=[\w-]{22,}$/);

  const accepted = await http.post(endpoint).send(request(1, 'ping'));
  expect(accepted.status).toBe(202);
  expect(accepted.text).toBe('');
  await http.post(endpoint).send(notification('notifications/initialized')).expect(202, '');
  await http
    .post(endpoint)
    .send([request(2, 'tools/list'), request(3, 'ping')])
    .expect(202);
  await eventually(() => page.messages.length === 3);
  expect(page.messages).toEqual([result(1), result(2, { tools: [] }), result(3)]);
  expect(page.endpoints).toHaveLength(1);
});

it('delivers only whole messages to an EventSource, whatever they contain', async () => {
  const { url, mcp } = await serve();
  const page = new Page(`${url}/sse`);
  await page.endpoint();
  const [session] = mcp.sessions;
  const texts = [
    'a\nb',
    'a\r\nb',
    'a\rb',
    '\u2028\u2029',
    '\ufeff',
    'data: x\n\n',
    '\0',
    'é€😀',
    '',
  ];
  for (const text of texts) await session!.notify('text', { text });
  await expect(session!.notify('cycle', cyclic())).rejects.toMatchObject({
    code: 'not-serializable',
  });
  await session!.notify('end');
  await eventually(() => page.messages.length > texts.length);
  expect(page.messages).toEqual([
    ...texts.map((text) => notification('text', { text })),
    notification('end'),
  ]);
});

it('answers refusals as JSON-RPC errors', async () => {
  const { server, url } = await serve();
  const page = new Page(`${url}/sse`);
  const endpoint = await page.endpoint();
  const http = supertest(server);
  const refused = async (
    status: number,
    code: number,
    answering: PromiseLike<supertest.Response>,
  ): Promise<supertest.Response> => {
    const answer = await answering;
    expect(answer.status).toBe(status);
    expect(answer.type).toBe('application/json');
    expect(answer.body).toEqual({
      jsonrpc: '2.0',
      id: null,
      error: { code, message: expect.any(String) },
    });
    return answer;
  };
  const post = (path: string): supertest.Test => http.post(path);
  await refused(400, -32700, post(endpoint).type('json').send('{"jsonrpc":'));
  await refused(400, -32600, post(endpoint).send({ jsonrpc: '1.0' }));
  await refused(400, -32600, post(endpoint).send([]));
  await refused(400, -32600, post('/message').send(request(1)));
  await refused(404, -32001, post('/message?sessionId=nobody').send(request(1)));
  await refused(415, -32600, post(endpoint).type('text').send('{}'));
  const wrong = await refused(405, -32601, post('/sse').send(request(1)));
  expect(wrong.headers.allow).toBe('GET');
  expect(page.messages).toEqual([]);
});

it('gives an EventSource whose session has ended a new one', async () => {
  const { url, mcp } = await serve({}, {});
  const page = new Page(`${url}/sse`);
  await page.endpoint();
  await mcp.closeSessions();
  // It reconnects by itself, after the three seconds that it takes for itself.
  await eventually(() => page.endpoints.length === 2, 'the reconnect');
  expect(new Set(page.endpoints).size).toBe(2);
  expect(mcp.stats()).toMatchObject({
    sessions: 1,
    totals: { opened: 2, closed: { 'server-closed': 1 } },
  });
});
