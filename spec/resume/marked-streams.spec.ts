import { describe, expect, it } from 'vitest';

import { recordStreams } from '../support/record-streams.js';
import {
  FETCHES,
  lastId,
  onlySession,
  openAsSdk,
  openWithIds,
  RESUMES,
  returnAsSdk,
  returnWithId,
} from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

const EVENT_ID = /^[\w-]{12}\.[\w-]{22}\.\d+$/;
const handler = (): object => ({});

/** Positions without their tags. */
const unsigned = (text: string): string => text.replace(/([?&]n=\d+)\.[\w-]{8}/g, '$1');

describe('ids', () => {
  it.each([
    ['one that asks to resume', RESUMES],
    ['a browser', { ...FETCHES, 'Sec-Fetch-Site': 'same-origin' }],
  ])('are on every event for %s, and a retry on the first', async (_, headers) => {
    const { url, mcp } = await serve({ handler, resume: { retryMs: 1_000 } });
    const client = await StreamClient.open(`${url}/sse`, headers);
    await onlySession(mcp).notify('a');
    await onlySession(mcp).notify('b');
    await client.nextMessage(({ method }) => method === 'b');
    const [node, token] = lastId(client).split('.');
    expect(lastId(client)).toMatch(EVENT_ID);
    const retry = /^retry: (\d+)$/m.exec(client.text)?.[1];
    expect(client.text).toBe(
      `id: ${node}.${token}.0\nevent: endpoint\nretry: ${retry}\n` +
        `data: message?sessionId=${onlySession(mcp).id}\n\n` +
        `id: ${node}.${token}.1\nevent: message\ndata: {"jsonrpc":"2.0","method":"a"}\n\n` +
        `id: ${node}.${token}.2\nevent: message\ndata: {"jsonrpc":"2.0","method":"b"}\n\n`,
    );
  });

  it('name the process and the stream, and contain nothing from a URL', async () => {
    const { url, mcp } = await serve();
    const [one, other] = [await openWithIds(`${url}/sse`), await openWithIds(`${url}/sse`)];
    const [node, token] = lastId(one).split('.');
    expect(lastId(other).split('.')[0]).toBe(node);
    expect(lastId(other).split('.')[1]).not.toBe(token);
    for (const { id } of mcp.sessions) expect([node, token]).not.toContain(id);
  });

  it('continue where they stopped when the client comes back', async () => {
    const { url, mcp } = await serve({ handler });
    const client = await openWithIds(`${url}/sse`);
    client.drop();
    const before = lastId(client);
    await onlySession(mcp).notify('missed');
    const again = await returnWithId(client);
    await again.nextMessage();
    expect(again.events.map(({ id }) => id)).toEqual([before, before.replace(/1$/, '2')]);
    expect(again.endpoint).toBe(client.endpoint);
  });
});

describe('positions', () => {
  it('begin with the first POST after initialize', async () => {
    const { url, mcp } = await serve({ handler });
    const client = await openAsSdk(`${url}/sse`);
    const { id } = onlySession(mcp);
    const retry = /^retry: (\d+)$/m.exec(client.text)?.[1];
    expect(unsigned(client.text)).toBe(
      `event: endpoint\ndata: message?sessionId=${id}\n\n` +
        'event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n' +
        `retry: ${retry}\n\n` +
        `event: endpoint\ndata: message?sessionId=${id}&n=1\n\n`,
    );
  });

  it('follow each message in the same write', async () => {
    const record = recordStreams();
    const { url, mcp } = await serve({ handler }, { prepare: record.prepare, way: 'router' });
    const client = await openAsSdk(`${url}/sse`);
    const { id } = onlySession(mcp);
    const before = record.writes.length;
    await onlySession(mcp).notify('a');
    await client.nextMessage(({ method }) => method === 'a');
    expect(record.writes.slice(before).map(unsigned)).toEqual([
      'event: message\ndata: {"jsonrpc":"2.0","method":"a"}\n\n' +
        `event: endpoint\ndata: message?sessionId=${id}&n=2\n\n`,
    ]);
  });

  it('are in the first endpoint event when the client comes back', async () => {
    const { url, mcp } = await serve({ handler });
    const client = await openAsSdk(`${url}/sse`);
    client.drop();
    const again = await returnAsSdk(client);
    const { id } = onlySession(mcp);
    const [ping, first] = again.text.split('\n\n');
    expect(ping).toMatch(/^event: message\ndata: \{"jsonrpc":"2.0","id":".*","method":"ping"\}$/);
    expect(first).toMatch(/^event: endpoint\nretry: \d+\ndata: /);
    expect(unsigned(first?.split('data: ')[1] ?? '')).toBe(`message?sessionId=${id}&n=1`);
  });

  it('come with ids to an SDK client in a browser', async () => {
    const { url, mcp } = await serve({ handler });
    const client = await openAsSdk(`${url}/sse`, { 'Sec-Fetch-Site': 'same-origin' });
    await onlySession(mcp).notify('a');
    const { id } = await client.next(({ data }) => data.includes('"a"'));
    expect(id).toMatch(EVENT_ID);
    const { data } = await client.next(({ event }) => event === 'endpoint');
    expect(data).toMatch(/&n=2\.[\w-]{8}$/);
  });

  it('are added to whatever URL is announced', async () => {
    const endpoint = (_: unknown, id: string): string => `/message?sessionId=${id}&tenant=7`;
    const { url } = await serve({ handler, endpoint });
    const client = await openAsSdk(`${url}/sse`);
    expect(client.events.at(-1)?.data).toMatch(
      /^\/message\?sessionId=[\w-]+&tenant=7&n=1\.[\w-]{8}$/,
    );
    client.drop();
    const again = await returnAsSdk(client);
    expect(again.events.at(-1)?.data).toMatch(/&tenant=7&n=1\.[\w-]{8}$/);
  });
});

describe('retry', () => {
  it('is between half and one and a half of retryMs', async () => {
    const { url } = await serve({ resume: { retryMs: 10_000 } });
    const clients = await Promise.all(
      Array.from({ length: 40 }, () => StreamClient.open(`${url}/sse`, RESUMES)),
    );
    const delays = clients.map(({ text }) => Number(/^retry: (\d+)$/m.exec(text)?.[1]));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(5_000);
    expect(Math.max(...delays)).toBeLessThanOrEqual(15_000);
    expect(new Set(delays).size).toBeGreaterThan(20);
  });

  it('is the last event from a server that shuts down, if the client understands it', async () => {
    const { url, mcp } = await serve({ handler });
    const clients = [await openWithIds(`${url}/sse`), await openAsSdk(`${url}/sse`)];
    await mcp.close();
    for (const client of clients) {
      await client.end();
      expect(client.text).toMatch(/\n\nretry: \d+\n\n$/);
    }
  });
});
