import { describe, expect, it } from 'vitest';

import type { McpSseOptions } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { Relay } from '../support/relay.js';
import {
  lastEndpoint,
  NEGOTIATED,
  numbers,
  onlySession,
  openAsSdk,
  openWithIds,
  returnWithId,
  sendNumbers,
} from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { post, type StreamClient } from '../support/stream-client.js';

const BY_KEY = { by: 'key', key: 'mine' } as const;

const handler = (): object => ({});

/** Answers the pings of the server on this stream, also those that came before, until it ends. */
async function answerPings(client: StreamClient): Promise<void> {
  for (let answered = 0; !client.ended;) {
    const message = client.messages[answered];
    if (message) answered += 1;
    else await new Promise((next) => setTimeout(next, 1));
    if (!message || !('id' in message) || !('method' in message)) continue;
    // The server may be gone by now.
    await client.post({ jsonrpc: '2.0', id: message.id, result: {} }).catch(() => undefined);
  }
}

describe('drops messages that the client has certainly read', () => {
  it('up to a request of the server that it has answered', async () => {
    const { url, mcp } = await serve({ handler });
    const client = await openWithIds(`${url}/sse`);
    const session = onlySession(mcp);
    await sendNumbers(session, 1, 10);
    expect(session.sender.resumeOffset(BY_KEY)).toBe(0);
    const asked = session.request('roots/list');
    await sendNumbers(session, 11, 12);
    const { id } = await client.nextMessage(({ method }) => method === 'roots/list');
    await client.post({ jsonrpc: '2.0', id, error: { code: -1, message: 'no roots' } });
    await expect(asked).rejects.toThrow('no roots');
    // The answer to initialize, ten numbers, and the request.
    expect(session.sender.resumeOffset(BY_KEY)).toBe(12);
  });

  it('up to the position in the URL of a POST', async () => {
    const { url, mcp } = await serve({ handler });
    const client = await openAsSdk(`${url}/sse`);
    const session = onlySession(mcp);
    expect(session.sender.resumeOffset(BY_KEY)).toBe(1);
    await sendNumbers(session, 1, 10);
    await eventually(() => numbers(client).length === 10);
    await client.next(({ data }) => /&n=11\.[\w-]{8}$/.test(data));
    await post(lastEndpoint(client), { jsonrpc: '2.0', method: 'notifications/x' }, NEGOTIATED);
    expect(session.sender.resumeOffset(BY_KEY)).toBe(11);
  });

  it('never unwritten messages, whatever a POST claims', async () => {
    const { url, mcp } = await serve({ handler });
    const client = await openAsSdk(`${url}/sse`);
    const session = onlySession(mcp);
    client.drop();
    await eventually(() => session.state === 'detached');
    await sendNumbers(session, 1, 3);
    const claim = lastEndpoint(client).replace('n=1.', 'n=999.');
    await post(claim, { jsonrpc: '2.0', method: 'notifications/x' }, NEGOTIATED);
    expect(session.sender.resumeOffset(BY_KEY)).toBe(1);
    expect(session.sender.canResume(BY_KEY, 1)).toBe(true);
  });

  it('up to a keep-alive ping', async () => {
    const keepAlive = { intervalMs: 20, ping: true };
    const { url, mcp } = await serve({ handler, keepAlive });
    const client = await openWithIds(`${url}/sse`);
    const session = onlySession(mcp);
    await sendNumbers(session, 1, 10);
    void answerPings(client);
    await eventually(() => session.sender.resumeOffset(BY_KEY) > 11, 'an acknowledgement');
    client.drop();
    await sendNumbers(session, 11, 12);
    const again = await returnWithId(client);
    await eventually(() => numbers(again).includes(12));
    expect(numbers(again)).toEqual([11, 12]);
  });
});

describe('a peer that does not answer pings', () => {
  /** An id client whose connection is half open, and what becomes of its session. */
  async function halfOpen(options: McpSseOptions) {
    const life: string[] = [];
    const { port, mcp } = await serve({
      handler,
      ...options,
      hooks: {
        onSessionDetach: (_, reason) => life.push(`detach ${reason}`),
        onSessionResume: () => life.push('resume'),
        onSessionClose: (_, reason) => life.push(`close ${reason}`),
      },
    });
    const relay = await Relay.to(port);
    const client = await openWithIds(`${relay.url}/sse`);
    relay.loseClients();
    return { client, session: onlySession(mcp), mcp, life };
  }

  it('counts as gone, and may come back', async () => {
    const keepAlive = { intervalMs: 10, ping: 'strict' as const, timeoutMs: 1_500 };
    const { client, session, life, mcp } = await halfOpen({ keepAlive });
    await sendNumbers(session, 1, 2);
    await eventually(() => session.state === 'detached');
    expect(life).toEqual(['detach ping-timeout']);
    expect(mcp.stats().totals.errors).toEqual({ 'ping-timeout': 1 });
    const again = await returnWithId(client);
    void answerPings(again);
    await eventually(() => numbers(again).length === 2);
    expect(life[1]).toBe('resume');
  });

  it('closes its session with that reason if it does not come back', async () => {
    const keepAlive = { intervalMs: 10, ping: 'strict' as const, timeoutMs: 1_500 };
    const { mcp, life } = await halfOpen({ keepAlive, resume: { windowMs: 50 } });
    await eventually(() => mcp.sessions.size === 0);
    expect(life).toEqual(['detach ping-timeout', 'close ping-timeout']);
  });
});
