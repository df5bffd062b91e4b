import { expect, it, onTestFinished } from 'vitest';

import { mcpSse, type McpSseRouter } from '../../lib/index.js';
import { notification, request, result } from '../support/messages.js';
import { expectRefusal } from '../support/refusal.js';
import { serve } from '../support/serve.js';
import { post, StreamClient } from '../support/stream-client.js';

const named = (name: string) => ({ handler: () => ({ name }) });

/** A second router in the application that `serve` runs. */
function another(name: string, options: Parameters<typeof mcpSse>[0] = {}): McpSseRouter {
  const mcp = mcpSse({ ...named(name), ...options });
  onTestFinished(async () => {
    await mcp.close({ timeoutMs: 200 });
    expect(mcp.sessions.size).toBe(0);
  });
  return mcp;
}

it('keeps the sessions of several routers apart', async () => {
  const two = another('two');
  const three = another('three', { paths: { sse: '/3/sse', message: '/3/message' } });
  const { port, mcp: one } = await serve(named('one'), {
    mount: '/one',
    prepare: (app) => app.use('/two', two).use(three),
  });
  const origin = `http://127.0.0.1:${String(port)}`;
  const clients = [];
  for (const path of ['/one', '/two', '/3']) {
    const client = await StreamClient.open(`${origin}${path}/sse`);
    expect(client.endpoint).toBe(`${origin}${path}/message?sessionId=${client.sessionId}`);
    clients.push(client);
  }
  const [atOne, atTwo, atThree] = clients;
  expect((await atOne!.request('x')).result).toEqual({ name: 'one' });
  expect((await atTwo!.request('x')).result).toEqual({ name: 'two' });
  expect((await atThree!.request('x')).result).toEqual({ name: 'three' });

  for (const path of ['/one', '/3']) {
    const elsewhere = `${origin}${path}/message?sessionId=${atTwo!.sessionId}`;
    expectRefusal(await post(elsewhere, request(9)), 404, -32001);
  }
  for (const mcp of [one, two, three]) {
    expect(mcp.sessions.size).toBe(1);
    expect(mcp.broadcast(notification())).toBe(1);
  }
  for (const client of clients) {
    await client.nextMessage((message) => message.method === 'note');
    expect(client.messages).toHaveLength(2);
  }
});

it('closes one router without affecting the other', async () => {
  const two = another('two');
  const { port, mcp: one } = await serve(named('one'), {
    mount: '/one',
    prepare: (app) => app.use('/two', two),
  });
  const atOne = await StreamClient.open(`http://127.0.0.1:${String(port)}/one/sse`);
  const atTwo = await StreamClient.open(`http://127.0.0.1:${String(port)}/two/sse`);
  await one.close();
  await atOne.end();
  expect((await atTwo.request('x')).result).toEqual({ name: 'two' });
});

it('serves the same sessions wherever one router is mounted', async () => {
  const { url, mcp } = await serve(named('one'), {
    wire: (app, router) => app.use('/a', router).use('/b', router).use(router),
  });
  const client = await StreamClient.open(`${url}/a/sse`);
  const atB = client.endpoint.replace('/a/', '/b/');
  const atRoot = client.endpoint.replace('/a/', '/');
  expect((await client.request('x')).result).toEqual({ name: 'one' });
  expect((await post(atB, request('b'))).status).toBe(202);
  expect(await client.nextMessage()).toEqual(result('b', { name: 'one' }));
  expect((await post(atRoot, request('root'))).status).toBe(202);
  expect(await client.nextMessage()).toEqual(result('root', { name: 'one' }));
  expect(mcp.stats().totals.opened).toBe(1);
});

it('passes on requests that the router in front does not serve', async () => {
  const first = another('first', { paths: { sse: '/first', message: '/to-first' } });
  const { url } = await serve(named('second'), { prepare: (app) => app.use(first) });
  const atFirst = await StreamClient.open(`${url}/first`);
  const atSecond = await StreamClient.open(`${url}/sse`);
  expect((await atFirst.request('x')).result).toEqual({ name: 'first' });
  expect((await atSecond.request('x')).result).toEqual({ name: 'second' });
});
