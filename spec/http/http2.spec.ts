import { connect, createServer, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';

import express from 'express';
import { expect, it, onTestFinished } from 'vitest';

import { mcpSse, type McpSseOptions } from '../../lib/index.js';
import { deferred } from '../support/deferred.js';
import { eventually } from '../support/eventually.js';
import { rounds } from '../support/rounds.js';

/** HTTP/2 by `requestListener`: Express itself cannot speak it. */
async function serveHttp2(options: McpSseOptions = {}) {
  const errors: string[] = [];
  const mcp = mcpSse({
    handler: () => ({}),
    hooks: { onError: ({ message }) => errors.push(message), ...options.hooks },
    ...options,
  });
  // The types of the two protocols differ; their compatibility is Node's promise.
  const listener = mcp.requestListener(express()) as unknown as Parameters<typeof createServer>[1];
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://localhost:${String((server.address() as AddressInfo).port)}`;
  const client = connect(url);
  client.on('error', () => {});
  const warnings: Error[] = [];
  const warned = (warning: Error) => void warnings.push(warning);
  process.on('warning', warned);
  onTestFinished(async () => {
    process.off('warning', warned);
    await mcp.close({ timeoutMs: 200 });
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { mcp, client, errors, warnings };
}

class Answer {
  status = 0;
  headers: Record<string, unknown> = {};
  text = '';
  readonly stream: ClientHttp2Stream;

  /** A request, which is ended when it has a body. */
  constructor(client: ClientHttp2Session, headers: Record<string, string>, body = '') {
    this.stream = client.request(headers);
    this.stream.on('error', () => {});
    this.stream.on('response', (head) => {
      this.status = Number(head[':status']);
      this.headers = head;
    });
    this.stream.setEncoding('utf8').on('data', (chunk: string) => (this.text += chunk));
    // [node] A GET is ended by itself; another end is an error.
    if (body !== '') this.stream.end(body);
  }

  async has(text: string): Promise<void> {
    await eventually(() => this.text.includes(text), text);
  }

  async ended(): Promise<void> {
    await eventually(() => this.stream.closed, 'the end');
  }
}

const GET = { ':path': '/sse', accept: 'text/event-stream' };

it('streams, accepts POSTs, and sends no connection headers', async () => {
  const { client, errors, warnings } = await serveHttp2();
  const stream = new Answer(client, GET);
  await stream.has('event: endpoint');
  expect(stream.status).toBe(200);
  expect(stream.headers).not.toHaveProperty('connection');
  const path = /data: (.*)\n/.exec(stream.text)?.[1];
  const head = { ':method': 'POST', ':path': `/${String(path)}`.replace('//', '/') };
  for (let id = 1; id < 4; id += 1) {
    const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' });
    const posted = new Answer(client, { ...head, 'content-type': 'application/json' }, body);
    await posted.ended();
    expect(posted.status).toBe(202);
    await stream.has(`"id":${String(id)}`);
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(errors).toEqual([]);
  expect(warnings).toEqual([]);
});

it('checks :authority as it checks Host', async () => {
  const { client } = await serveHttp2();
  const foreign = new Answer(client, { ...GET, ':authority': 'evil.example.com' });
  await foreign.ended();
  expect(foreign.status).toBe(403);
});

it('shows :authority as Host to functions of the application', async () => {
  const hosts: unknown[] = [];
  const { client } = await serveHttp2({
    hooks: { onConnect: (req) => void hosts.push(req.headers.host) },
  });
  const stream = new Answer(client, { ...GET, ':authority': 'localhost:1234' });
  await stream.has('event: endpoint');
  expect(hosts).toEqual(['localhost:1234']);
});

it('announces an absolute URL with its :authority', async () => {
  const { client } = await serveHttp2({ endpoint: 'absolute' });
  const stream = new Answer(client, { ...GET, ':authority': 'localhost:1234' });
  await stream.has('data: http://localhost:1234/message?sessionId=');
});

it('sends a large answer to a slow client whole', async () => {
  const text = 'x'.repeat(3_000_000);
  const { client, mcp } = await serveHttp2({ handler: () => ({ text }) });
  const stream = new Answer(client, GET);
  await stream.has('event: endpoint');
  stream.stream.pause();
  const [session] = mcp.sessions;
  for (let count = 0; count < 3; count += 1) {
    void session!.send({ jsonrpc: '2.0', method: 'large', params: { text } });
  }
  void session!.send({ jsonrpc: '2.0', method: 'last' });
  await rounds(20);
  // The writer waits for the reader.
  expect(mcp.stats().bufferedBytes).toBeGreaterThan(3_000_000);
  stream.stream.resume();
  await stream.has('"method":"last"');
  expect(stream.text.split('x'.repeat(3_000_000))).toHaveLength(4);
});

it('opens no session for a client that leaves while a hook awaits', async () => {
  const asked = deferred();
  const answer = deferred();
  const { client, mcp } = await serveHttp2({
    hooks: {
      onConnect: async () => {
        asked.resolve();
        await answer.promise;
      },
    },
  });
  const stream = new Answer(client, GET);
  await asked.promise;
  stream.stream.close();
  await stream.ended();
  // One round trip: the server has read the end.
  await new Promise((resolve) => client.ping(() => resolve(undefined)));
  answer.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  expect(mcp.sessions.size).toBe(0);
});

it('ends a session whose client leaves', async () => {
  const { client, mcp } = await serveHttp2();
  const stream = new Answer(client, GET);
  await stream.has('event: endpoint');
  client.destroy();
  await eventually(() => mcp.sessions.size === 0, 'the end of the session');
});
