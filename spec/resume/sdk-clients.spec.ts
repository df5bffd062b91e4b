import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/sse.js';
import {
  Client as ClientV2,
  SSEClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';

import { resumableFetch } from '../../lib/client/index.js';
import type { MessageHandler, Session } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { relayTo } from '../support/relay.js';
import { serve } from '../support/serve.js';

const MESSAGES = 2_000;
const CALLS = 8;

/** A server whose `slow` tool answers once all notifications are sent. */
function slowServer(): { handler: MessageHandler; release: () => void } {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const handler: MessageHandler = async (message) => {
    if (!('method' in message) || !('id' in message)) return;
    if (message.method === 'initialize') {
      return {
        protocolVersion: '2025-06-18',
        capabilities: { tools: {}, logging: {} },
        serverInfo: { name: 'slow', version: '1' },
      };
    }
    if (message.method === 'tools/call') {
      await released;
      return { content: [{ type: 'text', text: String(message.params?.name) }] };
    }
    return {};
  };
  return {
    handler,
    release: () => {
      release();
    },
  };
}

async function sendAll(session: Session): Promise<void> {
  for (let n = 1; n <= MESSAGES; n += 1) {
    await session.notify('notifications/message', { level: 'info', data: n });
    if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const clients = {
  'SDK v1': (url: string, fetchLike?: ReturnType<typeof resumableFetch>) => {
    const client = new ClientV1({ name: 'v1', version: '1' });
    const transport = new TransportV1(new URL(url), fetchLike && { fetch: fetchLike });
    return { client, connect: () => client.connect(transport) };
  },
  'SDK v2': (url: string, fetchLike?: ReturnType<typeof resumableFetch>) => {
    const client = new ClientV2({ name: 'v2', version: '1' });
    const transport = new TransportV2(new URL(url), fetchLike && { fetch: fetchLike });
    return { client, connect: () => client.connect(transport) };
  },
};

describe.each(Object.entries(clients))('%s', (_, make) => {
  it.each([
    ['with resumableFetch', true],
    ['as it is', false],
  ])(
    '%s loses nothing when its stream is cut at random',
    async (_name, resumable) => {
      const { handler, release } = slowServer();
      const { port, mcp } = await serve({ handler, resume: { retryMs: 10 } });
      const relay = await relayTo(port, {
        cutAfter: () => 600 + Math.floor(Math.random() * 6_000),
      });
      const { client, connect } = make(
        `${relay.url}/sse`,
        resumable ? resumableFetch() : undefined,
      );
      const seen: number[] = [];
      client.fallbackNotificationHandler = (notification) => {
        seen.push(Number(notification.params?.data));
        return Promise.resolve();
      };
      await connect();
      const calls = Array.from({ length: CALLS }, (_, n) =>
        client.callTool({ name: `call-${String(n)}`, arguments: {} }),
      );
      const [session] = mcp.sessions;
      if (!session) throw new Error('no session');
      await eventually(() => session.inFlight === CALLS);
      await sendAll(session);
      release();
      const answers = await Promise.all(calls);
      expect(answers).toHaveLength(CALLS);
      await eventually(() => seen.at(-1) === MESSAGES, 'the last message', 30_000);
      const once = seen.filter((n, index) => seen.indexOf(n) === index);
      expect(once).toEqual(Array.from({ length: MESSAGES }, (_, n) => n + 1));
      console.log(
        _name,
        relay.cuts(),
        'cuts',
        seen.length - once.length,
        'repeated',
        mcp.stats().resumed,
      );
      await client.close();
    },
    120_000,
  );
});
