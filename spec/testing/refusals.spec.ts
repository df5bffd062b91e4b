// Alone: it counts the sockets of the process.

import { createServer, type AddressInfo } from 'node:net';

import express, { type RequestHandler } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';

import { JsonRpcError, mcpSse, McpSseError, type McpSseOptions } from '../../lib/index.js';
import { openSession, RefusedError, type OpenSessionOptions } from '../../lib/testing/index.js';
import { connectionsOf, openSockets } from '../support/open-sockets.js';
import { rounds } from '../support/rounds.js';
import { serve } from '../support/serve.js';

/** On a slow machine, what answers has answered within this time. */
const ENOUGH_TO_ANSWER = { timeoutMs: 2_000 };

/** What opening a session rejects with; nothing is left open by it. */
async function refusalOf(
  handlers: RequestHandler[],
  options?: OpenSessionOptions,
): Promise<RefusedError> {
  const error = await openSession(express().use(handlers), options).then(
    async (session) => {
      await session.close();
      throw new Error('it was not refused');
    },
    (thrown: unknown) => thrown as RefusedError,
  );
  // [node] A handle that was closed is listed until the event loop has come round.
  await rounds(2);
  expect(openSockets()).toEqual([]);
  return error;
}

const stream: RequestHandler = (_req, res) => {
  res.writeHead(200, { 'Content-Type': 'text/event-stream' });
  res.write(': here it is\n\n');
};

describe('a stream that is refused', () => {
  it('rejects with status, body and headers', async () => {
    const error = await refusalOf([mcpSse()], { headers: { Origin: 'https://evil.example' } });
    expect(error).toBeInstanceOf(RefusedError);
    expect(error.status).toBe(403);
    expect(error.headers['content-type']).toBe('application/json');
    expect(JSON.parse(error.body)).toMatchObject({ error: { code: -32600 } });
    expect(error.message).toMatch(
      /^GET http:\/\/127\.0\.0\.1:\d+\/sse was answered 403 \(application\/json\): \{.*Origin.*\}$/i,
    );
  });

  it.each<[number, McpSseOptions, OpenSessionOptions]>([
    [401, refusing('unauthorized'), {}],
    [403, refusing('forbidden'), {}],
    [406, {}, { headers: { accept: 'application/json' } }],
    [404, {}, { path: '/elsewhere' }],
  ])('rejects with %i', async (status, options, open) => {
    expect(await refusalOf([mcpSse(options)], open)).toMatchObject({ status });
  });

  it('may be answered with 200 and another content type', async () => {
    const page: RequestHandler = (_req, res) => void res.send('<h1>Hello</h1>');
    expect((await refusalOf([page])).message).toMatch(/answered 200 \(text\/html.*\): <h1>Hello/);
  });

  it('may have no body', async () => {
    const nothing: RequestHandler = (_req, res) => void res.status(204).end();
    const { message } = await refusalOf([nothing]);
    expect(message).toMatch(/answered 204 \(no content type\): empty body$/);
  });

  it('may have a body that does not end, or breaks off: the error shows the received part', async () => {
    const endless: RequestHandler = (_req, res) => void res.status(500).write('first words');
    const endlessly = await refusalOf([endless], ENOUGH_TO_ANSWER);
    expect(endlessly).toMatchObject({ status: 500, body: 'first words' });
    const broken: RequestHandler = (_req, res) => {
      res.status(500).write('first words', () => res.destroy());
    };
    expect(await refusalOf([broken])).toMatchObject({ status: 500, body: 'first words' });
  });

  it('leaves no connection on a given server', async () => {
    const { server } = await serve(refusing('unauthorized'));
    await expect(openSession(server)).rejects.toMatchObject({ status: 401 });
    expect(await connectionsOf(server)).toBe(0);
    expect(server.listenerCount('connection')).toBe(1);
  });
});

describe('a stream that cannot be opened', () => {
  it('rejects when nothing listens', async () => {
    const opening = openSession('http://127.0.0.1:1');
    await expect(opening).rejects.toThrow(
      /^GET http:\/\/127\.0\.0\.1:1\/sse failed: .*ECONNREFUSED/,
    );
    await expect(opening).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  it('rejects when the connection is cut before there is an answer', async () => {
    const cut: RequestHandler = (req) => void req.socket.destroy();
    expect((await refusalOf([cut])).message).toMatch(/^GET .* failed: socket hang up$/);
  });

  it('rejects when the answer is not HTTP', async () => {
    const server = createServer((socket) => socket.resume().end('220 mail ready\r\n')).listen(0);
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    await expect(openSession(`http://127.0.0.1:${port}`)).rejects.toThrow('Parse Error');
  });

  it('rejects when the server does not speak TLS', async () => {
    const { port } = await serve();
    const opening = openSession(`https://127.0.0.1:${port}`);
    await expect(opening).rejects.toThrow(/^GET https:.* failed: .*(SSL|TLS|EPROTO)/);
  });

  it('rejects when there is no answer in time', async () => {
    const { message } = await refusalOf([() => {}], { timeoutMs: 400 });
    expect(message).toMatch(/^no answer to GET http:.*\/sse within 400 ms$/);
  });

  it('rejects without an endpoint event in time, and shows the received events', async () => {
    const { message } = await refusalOf([stream], ENOUGH_TO_ANSWER);
    expect(message).toBe(
      'no `endpoint` event within 2000 ms\nreceived: 0 events and 1 comment, as text: ": here it is\\n\\n"',
    );
  });

  it('rejects when nothing arrives in time, and says so', async () => {
    const silent: RequestHandler = (_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
    };
    const { message } = await refusalOf([silent], ENOUGH_TO_ANSWER);
    expect(message).toBe('no `endpoint` event within 2000 ms\nreceived: 0 events and 0 comments');
  });

  it('rejects when the stream ends before the endpoint event', async () => {
    const ends: RequestHandler = (_req, res) => {
      res.type('text/event-stream').end('data: {"a":1}\n\n');
    };
    const { message } = await refusalOf([ends], { timeoutMs: 60_000 });
    expect(message).toMatch(/^no `endpoint` event: the server has ended the stream\n/);
    expect(message).toContain('message: {"a":1}');
  });
});

describe('a handshake that fails', () => {
  it('rejects with the error of the answer to initialize', async () => {
    const handler = (): never => {
      throw new JsonRpcError(-32602, 'Unsupported protocol version');
    };
    const error = await refusalOf([mcpSse({ handler })]);
    expect(error).toBeInstanceOf(JsonRpcError);
    expect(error).toMatchObject({ code: -32602, message: 'Unsupported protocol version' });
  });

  it('rejects when a POST is refused', async () => {
    const noPosts: RequestHandler = (req, res, next) => {
      if (req.method === 'POST') res.status(500).send('broken');
      else next();
    };
    const error = await refusalOf([noPosts, mcpSse()]);
    expect(error).toMatchObject({ name: 'RefusedError', status: 500, body: 'broken' });
    expect(error.message).toContain('POST of initialize was answered 500');
  });

  it('rejects when initialize gets no answer in time, and shows the received events', async () => {
    const handler = (): Promise<void> => new Promise(() => {});
    const { message } = await refusalOf([mcpSse({ handler })], ENOUGH_TO_ANSWER);
    expect(message).toMatch(
      /^no answer to initialize within 2000 ms\nreceived: 1 event .*\n.*endpoint:/,
    );
  });

  it('rejects when a POST gets no answer in time', async () => {
    const noPosts: RequestHandler = (req, _res, next) => {
      if (req.method !== 'POST') next();
    };
    const { message } = await refusalOf([noPosts, mcpSse()], ENOUGH_TO_ANSWER);
    expect(message).toMatch(/^no answer to POST http:\S+ within 2000 ms\nreceived: 1 event/);
  });
});

function refusing(code: 'unauthorized' | 'forbidden'): McpSseOptions {
  const onConnect = (): never => {
    throw new McpSseError(code, 'Who are you?');
  };
  return { hooks: { onConnect } };
}
