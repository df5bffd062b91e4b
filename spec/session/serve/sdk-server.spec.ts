import { expect, it } from 'vitest';

import type {
  LimitOptions,
  McpServerLike,
  ServerFactory,
  SessionTransport,
} from '../../../lib/index.js';
import { deferred } from '../../support/deferred.js';
import { eventually } from '../../support/eventually.js';
import { hanging, rejecting, throwing } from '../../support/failing.js';
import { request } from '../../support/messages.js';
import { serve, type Served } from '../../support/serve.js';
import { openStalled } from '../../support/stalled-client.js';
import { StreamClient } from '../../support/stream-client.js';

/** An MCP server that answers everything with {} and counts how it is treated. */
class Server implements McpServerLike {
  transport: SessionTransport | undefined;
  connects = 0;
  closes = 0;
  oncloses = 0;

  connect(transport: SessionTransport): Promise<void> {
    this.connects += 1;
    this.transport = transport;
    transport.onclose = () => (this.oncloses += 1);
    transport.onmessage = (message) => {
      if ('id' in message && 'method' in message) {
        void transport.send({ jsonrpc: '2.0', id: message.id, result: {} });
      }
    };
    return transport.start();
  }

  close(): Promise<void> {
    this.closes += 1;
    return Promise.resolve();
  }
}

interface Setup {
  readonly served: Served<unknown>;
  readonly errors: string[];
}

async function setup(server: ServerFactory, limits: LimitOptions = {}): Promise<Setup> {
  const errors: string[] = [];
  const served = await serve({
    server,
    limits: { maxSessions: 2, ...limits },
    hooks: { onError: ({ code, message }) => errors.push(`${code}: ${message}`) },
  });
  return { served, errors };
}

const open = ({ url }: Served<unknown>): Promise<StreamClient> => StreamClient.open(`${url}/sse`);

it('makes a server for each session, with the session and its GET', async () => {
  const seen: unknown[] = [];
  const { served } = await setup(({ session, headers, url }) => {
    seen.push([session.id, session.state, headers.accept, new URL(url).pathname]);
    return new Server();
  });
  const [one, two] = [await open(served), await open(served)];
  const accept = 'text/event-stream';
  expect(seen).toEqual([
    [one.sessionId, 'detached', accept, '/sse'],
    [two.sessionId, 'detached', accept, '/sse'],
  ]);
  expect((await one.request('ping')).result).toEqual({});
});

it('waits for an async factory', async () => {
  const { served } = await setup(() => Promise.resolve(new Server()));
  expect((await (await open(served)).request('ping')).result).toEqual({});
});

it('gives the transport the id of the session', async () => {
  const server = new Server();
  const { served } = await setup(() => server);
  const client = await open(served);
  expect(server.transport?.sessionId).toBe(client.sessionId);
});

it('shows the server the headers and the URL of each POST', async () => {
  const server = new Server();
  const { served } = await setup(() => server);
  const client = await open(served);
  const seen: unknown[] = [];
  server.transport!.onmessage = (_, extra) => {
    seen.push(extra?.requestInfo?.headers['x-from'], extra?.requestInfo?.url?.href);
  };
  await client.post(request(1), { 'X-From': 'here' });
  expect(seen).toEqual(['here', client.endpoint]);
});

it.each<[string, ServerFactory]>([
  ['throws', throwing(new Error('secret'))],
  ['rejects', rejecting(new Error('secret'))],
  ['gives nothing', () => undefined as never],
  ['gives something else', () => ({ connect: true, close: true }) as never],
  [
    'gives a server that does not connect',
    () => Object.assign(new Server(), { connect: rejecting(new Error('secret')) }),
  ],
])('[25] refuses the stream with 500 when the factory %s', async (_, factory) => {
  const { served, errors } = await setup(factory);
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const client = await open(served);
    expect(client.status).toBe(500);
    expect(errors).toHaveLength(attempt);
    expect(errors[0]).toMatch(/^server-failed: /);
  }
  expect(served.mcp.stats()).toMatchObject({ sessions: 0, totals: { opened: 0 } });
});

it('[25] refuses the stream with 500 when the factory hangs', async () => {
  const { served, errors } = await setup(hanging, { hookTimeoutMs: 30 });
  expect((await open(served)).status).toBe(500);
  expect(errors).toEqual(['hook-timeout: server() took longer than limits.hookTimeoutMs']);
});

it('refuses a server that another session is using, and leaves that session alone', async () => {
  const server = new Server();
  const { served, errors } = await setup(() => server);
  const client = await open(served);
  expect((await open(served)).status).toBe(500);
  expect(errors).toEqual([
    'server-failed: server() must return a new server for each session: it returned one that is in use',
  ]);
  expect(server).toMatchObject({ connects: 1, closes: 0, oncloses: 0 });
  expect((await client.request('ping')).result).toEqual({});
});

it('refuses the stream when the factory has closed the session', async () => {
  const server = new Server();
  const { served } = await setup(({ session }) => {
    session.close();
    return server;
  });
  expect((await open(served)).status).toBe(500);
  await eventually(() => server.closes > 0);
  expect(served.mcp.stats()).toMatchObject({ sessions: 0, totals: { opened: 0 } });
});

it.each<[string, (client: StreamClient, setup: Setup, server: Server) => unknown]>([
  ['the client leaves', (client) => client.drop()],
  ['the application closes the session', (_, { served }) => served.mcp.closeSessions()],
  ['the application shuts down', (_, { served }) => served.mcp.close()],
  ['the server closes its transport', (_client, _setup, server) => server.transport?.close()],
])('calls onclose and close of the server once when %s', async (_, end) => {
  const server = new Server();
  const set = await setup(() => server);
  const client = await open(set.served);
  await client.request('ping');
  await end(client, set, server);
  await eventually(() => server.closes > 0 && set.served.mcp.sessions.size === 0);
  expect(server).toMatchObject({ connects: 1, closes: 1, oncloses: 1 });
});

it('reports an onclose that throws and a close that rejects, and still closes', async () => {
  const server = new Server();
  server.close = rejecting(new Error('close itself'));
  const { served, errors } = await setup(() => server);
  const client = await open(served);
  server.transport!.onclose = throwing(new Error('onclose itself'));
  client.drop();
  await eventually(() => errors.length === 2);
  expect(errors).toEqual(['server-failed: onclose itself', 'server-failed: close itself']);
  expect(served.mcp.sessions.size).toBe(0);
});

it('[24] closes the server of a client that leaves while it is being made', async () => {
  const gate = deferred<McpServerLike>();
  let asked = false;
  const { served } = await setup(() => {
    asked = true;
    return gate.promise;
  });
  const left = deferred();
  served.server.once('connection', (socket) => socket.once('close', () => left.resolve()));
  const client = await openStalled(served.port);
  await eventually(() => asked);
  client.destroy();
  await left.promise;
  const server = new Server();
  gate.resolve(server);
  await eventually(() => server.closes > 0);
  expect(server.oncloses).toBe(1);
  expect(served.mcp.stats()).toMatchObject({ totals: { opened: 0, closed: {} } });
});

it('closes a server that is returned after its deadline', async () => {
  const gate = deferred<McpServerLike>();
  const { served } = await setup(() => gate.promise, { hookTimeoutMs: 30 });
  expect((await open(served)).status).toBe(500);
  const server = new Server();
  gate.resolve(server);
  await eventually(() => server.closes > 0);
  expect(server.oncloses).toBe(1);
});

it('connects a server again that a closed session has used', async () => {
  const server = new Server();
  const { served } = await setup(() => server);
  const first = await open(served);
  first.drop();
  await eventually(() => server.closes === 1);
  const second = await open(served);
  expect((await second.request('ping')).result).toEqual({});
});

it('lets the server send before the stream is open: after the endpoint event', async () => {
  const { served } = await setup(async ({ session }) => {
    await session.notify('early');
    return new Server();
  });
  const client = await open(served);
  await client.request('ping');
  expect(client.events.map(({ event }) => event)).toEqual(['endpoint', 'message', 'message']);
  expect(client.messages[0]).toEqual({ jsonrpc: '2.0', method: 'early' });
});

it('reports a server whose onmessage throws, and answers the request', async () => {
  const server = new Server();
  const { served, errors } = await setup(() => server);
  const client = await open(served);
  server.transport!.onmessage = throwing(new Error('onmessage itself'));
  await client.post(request(3));
  const error = { code: -32603, message: 'Internal error' };
  expect(await client.nextMessage()).toEqual({ jsonrpc: '2.0', id: 3, error });
  expect(errors).toEqual(['server-failed: onmessage itself']);
});
