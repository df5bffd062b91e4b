import type { ServerResponse } from 'node:http';

import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { bridged } from './bridged.js';
import { events, noTools, scripted, type Answer } from './scripted.js';
import { serveHttp } from './upstreams.js';

const event = (message: unknown, id = ''): string =>
  `${id && `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`;
const answerTo = (id: unknown): unknown => ({ jsonrpc: '2.0', id, result: { tools: [] } });
const log = (data: string): unknown => ({
  jsonrpc: '2.0',
  method: 'notifications/message',
  params: { level: 'info', data },
});

describe('a stream of the upstream', () => {
  // Express answers so where only POST has a route.
  it.each([400, 404, 406, 501])('that is refused with %d counts as no stream', async (status) => {
    const upstream = await scripted(noTools, {
      stream: (_req, res) => res.writeHead(status).end('Cannot GET /mcp: no session'),
    });
    const { client, connect, server } = await bridged(upstream.url);
    await connect();
    expect(await client.listTools()).toEqual({ tools: [] });
    const streams = (): number => upstream.requests.filter(({ method }) => method === 'GET').length;
    await eventually(() => streams() === 1);
    expect(await client.listTools()).toEqual({ tools: [] });
    expect(streams()).toBe(1);
    expect(server.stats()).toMatchObject({ sessions: { open: 1 }, totals: { opened: 1 } });
  });

  it('that is an HTML page counts as no stream', async () => {
    const upstream = await scripted((_req, res) => res.writeHead(202).end(), {
      stream: (_req, res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<p>MCP</p>'),
    });
    const { client, connect } = await bridged(upstream.url);
    await connect();
    // Where there is a stream, the answer is waited for.
    await expect(client.listTools()).rejects.toMatchObject({ data: { reason: 'invalid-answer' } });
    expect(upstream.requests.filter(({ method }) => method === 'GET')).toHaveLength(1);
  });

  it.each([
    ['503', (res: ServerResponse) => res.writeHead(503).end(), { reason: 'refused', status: 503 }],
    ['429', (res: ServerResponse) => res.writeHead(429).end(), { reason: 'refused', status: 429 }],
    ['a cut connection', (res: ServerResponse) => res.destroy(), { reason: 'closed' }],
  ])('that is refused for now is tried again, and reported once: %s', async (_, refuse, error) => {
    let open: ServerResponse | undefined;
    const upstream = await scripted(noTools, {
      stream: ({ headers }, res) => {
        expect(headers).not.toHaveProperty('last-event-id');
        if (streams() <= 2) return void refuse(res);
        open = res;
        events(res);
        res.flushHeaders();
      },
    });
    const streams = (): number => upstream.requests.filter(({ method }) => method === 'GET').length;
    const { client, connect, errors, server } = await bridged(upstream.url);
    const heard: unknown[] = [];
    client.setNotificationHandler('notifications/message', ({ params }) => void heard.push(params));
    await connect();
    // Calls do not wait for it.
    expect(await client.listTools()).toEqual({ tools: [] });
    await eventually(() => open !== undefined);
    open?.write(event(log('unasked')));
    await eventually(() => heard.length === 1);
    expect(errors).toMatchObject([error]);
    expect(server.stats()).toMatchObject({ sessions: { open: 1 }, totals: { reconnects: 0 } });
  });

  it.each([403, 409])(
    'that is refused with %d is tried no more when it is closed',
    async (status) => {
      const upstream = await scripted(noTools, {
        stream: (_req, res) => res.writeHead(status).end(),
      });
      const streams = (): number =>
        upstream.requests.filter(({ method }) => method === 'GET').length;
      const { connect, errors, server } = await bridged(upstream.url);
      await connect();
      await eventually(() => errors.length === 1);
      expect(errors).toMatchObject([{ reason: 'refused', status }]);
      // A 403 is tried no more at all.
      if (status === 409) await server.close();
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(streams()).toBe(1);
      expect(errors).toHaveLength(1);
    },
  );

  it('that is over, and is no more, is not waited for', async () => {
    let streams = 0;
    const upstream = await scripted((_req, res) => res.writeHead(202).end(), {
      stream: (_req, res) => {
        streams += 1;
        if (streams > 1) return void res.writeHead(405).end();
        events(res);
        res.end('retry: 0\n\n');
      },
    });
    const { client, connect } = await bridged(upstream.url);
    await connect();
    await eventually(() => streams === 2);
    await expect(client.listTools()).rejects.toMatchObject({ data: { reason: 'invalid-answer' } });
  });

  it('that has not begun when its session ends is no error', async () => {
    const upstream = await scripted(noTools, { stream: () => undefined });
    const { client, connect, errors, server } = await bridged(upstream.url, {
      closeTimeoutMs: 300,
    });
    await connect();
    await eventually(() => upstream.requests.some(({ method }) => method === 'GET'));
    await client.close();
    await server.close();
    expect(errors).toEqual([]);
  });

  it.each([
    ['200', () => new Response('')],
    ['204', () => new Response(null, { status: 204 })],
    [
      'a stream that goes on',
      () =>
        new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } }),
    ],
  ])('is opened if the handshake ends with %s', async (_, end) => {
    const upstream = await scripted(noTools, {
      stream: (_req, res) => {
        events(res);
        res.write(event(log('unasked')));
      },
    });
    const { client, connect } = await bridged(upstream.url, {
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        return response.status === 202 ? end() : response;
      },
    });
    const heard: unknown[] = [];
    client.setNotificationHandler('notifications/message', ({ params }) => void heard.push(params));
    await connect();
    await eventually(() => heard.length === 1);
    expect(upstream.requests.filter(({ method }) => method === 'GET')).toHaveLength(1);
  });

  it.each([0, 1e12])('is opened again at a bounded rate, whatever it says: %d', async (retry) => {
    let streams = 0;
    const upstream = await scripted(noTools, {
      stream: (_req, res) => {
        streams += 1;
        events(res);
        res.end(`retry: ${retry}\n\n`);
      },
    });
    const { client, connect } = await bridged(upstream.url);
    await connect();
    await eventually(() => streams > 0);
    const begun = performance.now();
    for (let call = 0; call < 50; call += 1) await client.listTools();
    await new Promise((resolve) => setTimeout(resolve, 200));
    // Without a bound there is one about each millisecond.
    expect(streams).toBeLessThan(5 + (performance.now() - begun) / 50);
  });

  it.each([
    ['LF', '\n', '\n'],
    ['CRLF', '\r\n', '\r\n'],
    ['CR', '\r', '\r'],
    ['LF and CRLF', '\n', '\r\n'],
  ])(
    'may have any number of events, also if each ends in two chunks: %s',
    async (_, end, blank) => {
      const upstream = await scripted(async (_req, res, { id }) => {
        events(res);
        const chunk = (text: string): Promise<void> =>
          new Promise((resolve) => res.write(text, () => setImmediate(resolve)));
        for (let n = 0; n < 30; n += 1) {
          await chunk(`data: ${JSON.stringify(log('x'.repeat(1_000)))}${end}`);
          await chunk(blank);
        }
        res.end(event(answerTo(id)));
      });
      const { client, connect } = await bridged(upstream.url, { maxMessageBytes: 10_000 });
      await connect();
      expect(await client.listTools()).toEqual({ tools: [] });
    },
  );

  it.each(['Text/Event-Stream', 'text/event-stream;charset=UTF-8'])(
    'may say so as %s',
    async (type) => {
      const upstream = await scripted((_req, res, { id }) => {
        res.writeHead(200, { 'content-type': type });
        setImmediate(() => res.end(event(answerTo(id))));
      });
      const { client, connect } = await bridged(upstream.url);
      await connect();
      expect(await client.listTools()).toEqual({ tools: [] });
    },
  );

  it('may not have an event over the bound whose lines end in two chunks', async () => {
    const upstream = await scripted(async (_req, res) => {
      events(res);
      for (let n = 0; n < 100 && !res.destroyed; n += 1) {
        for (const text of [`data: ${'x'.repeat(1_000)}\r`, '\n']) {
          await new Promise((resolve) => res.write(text, () => setImmediate(resolve)));
        }
      }
    });
    const { client, connect } = await bridged(upstream.url, { maxMessageBytes: 10_000 });
    await connect();
    await expect(client.listTools()).rejects.toMatchObject({ data: { hop: 'upstream' } });
  });
});

describe('a request that is answered with 202', () => {
  const accept: Answer = (_req, res) => res.writeHead(202).end();
  const failure = {
    message: 'The upstream took the request with HTTP status 202, and has no stream for the answer',
    data: { hop: 'upstream', reason: 'invalid-answer', outcome: 'unknown' },
  };

  it('fails at once if the upstream has no stream', async () => {
    const upstream = await scripted(accept);
    const { client, connect } = await bridged(upstream.url);
    await connect();
    await expect(client.listTools()).rejects.toMatchObject(failure);
  });

  it.each(['auto', 'modern'] as const)('fails at once as the first request: %s', async (era) => {
    const upstream = await serveHttp((_req, res) => res.writeHead(202).end());
    const { failure: failed } = await bridged(upstream.url, { era });
    expect(await failed()).toMatchObject(failure);
  });

  it('may be answered on the stream', async () => {
    let stream: ServerResponse | undefined;
    const answer: Answer = (_req, res, { id }) => {
      res.writeHead(202).end();
      stream?.write(event(answerTo(id)));
    };
    const upstream = await scripted(answer, {
      stream: (_req, res) => {
        stream = res;
        events(res);
        res.flushHeaders();
      },
    });
    const { client, connect } = await bridged(upstream.url);
    await connect();
    expect(await client.listTools()).toEqual({ tools: [] });
  });
});
