import { describe, expect, it } from 'vitest';

import type { McpSseOptions, Session } from '../../../lib/index.js';
import { deferred } from '../../support/deferred.js';
import { eventually } from '../../support/eventually.js';
import { notification } from '../../support/messages.js';
import { RawClient } from '../../support/raw-client.js';
import { serve } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

/** The stream begins with the `endpoint` event and has no other. */
function expectEndpointFirst(text: string): void {
  expect(text).toMatch(/^event: endpoint\n/);
  expect(text.match(/event: endpoint/g)).toHaveLength(1);
}

describe('[26] a POST before the endpoint event is flushed', () => {
  it('is accepted, and answered after it', async () => {
    let streams = 0;
    const { port, mcp } = await serve({
      sessionIdGenerator: () => `session-${String((streams += 1))}`,
    });
    let answered = 0;
    // Two requests that arrive in one round of the event loop. The `endpoint` event leaves in the
    // microtask behind the opening, so the POST finds its session just before or just after that.
    for (let round = 1; round <= 40; round += 1) {
      const [stream, poster] = [await connected(port), await connected(port)];
      const ping = JSON.stringify({ jsonrpc: '2.0', id: round, method: 'ping' });
      stream.send('GET /sse HTTP/1.1', 'Host: localhost');
      const head = [
        `POST /message?sessionId=session-${String(round)} HTTP/1.1`,
        'Host: localhost',
        'Content-Type: application/json',
        `Content-Length: ${String(ping.length)}`,
      ];
      // In one write: a body that came later would make the POST late.
      poster.write([...head, '', ping].join('\r\n'));
      await poster.received('HTTP/1.1 ');
      if (poster.status === 404) {
        await eventually(() => mcp.stats().totals.opened === round);
        continue; // The POST was even earlier than the stream.
      }
      await stream.received('"result":{}');
      expect(stream.text.match(/event: \w+/g)).toEqual(['event: endpoint', 'event: message']);
      answered += 1;
    }
    expect(answered).toBeGreaterThan(0);
  });
});

/** A connection that the server has accepted, so that nothing but the request is left to come. */
async function connected(port: number): Promise<RawClient> {
  const client = await RawClient.send(port, 'GET /elsewhere HTTP/1.1', 'Host: localhost');
  await client.received('</html>');
  client.text = '';
  return client;
}

describe('[27] a message that is sent before the endpoint event', () => {
  const cases: readonly [string, McpSseOptions][] = [
    [
      'send by the server that is being connected',
      {
        server: () => ({
          connect: async (transport) => transport.send(notification('early')),
          close: async () => {},
        }),
      },
    ],
    [
      'notify by server()',
      {
        server: async ({ session }) => {
          await session.notify('early');
          return { connect: async () => {}, close: async () => {} };
        },
      },
    ],
    ['send by onSessionOpen', { hooks: { onSessionOpen: (session) => session.notify('early') } }],
  ];

  it.each(cases)('comes after it: %s', async (_, options) => {
    const { url } = await serve(options);
    const client = await StreamClient.open(`${url}/sse`);
    expect(await client.nextMessage()).toMatchObject({ method: 'early' });
    expectEndpointFirst(client.text);
  });

  it('comes after it: a broadcast and a message from outside at the moment of opening', async () => {
    const { url, mcp } = await serve({
      hooks: {
        onSessionOpen: ({ id }) => {
          expect(mcp.broadcast(notification('to all'))).toBe(1);
          void mcp.send(id, notification('to one'));
        },
      },
    });
    const client = await StreamClient.open(`${url}/sse`);
    expect(await client.nextMessage()).toMatchObject({ method: 'to all' });
    expect(await client.nextMessage()).toMatchObject({ method: 'to one' });
    expectEndpointFirst(client.text);
  });

  it('does not reach a session that is still opening: a broadcast', async () => {
    const connect = deferred();
    let asked = 0;
    const { url, mcp } = await serve({
      hooks: {
        onConnect: () => {
          asked += 1;
          return connect.promise;
        },
      },
    });
    const opening = StreamClient.open(`${url}/sse`);
    await eventually(() => asked === 1, 'the stream to be asked for');
    expect(mcp.broadcast(notification('too early'))).toBe(0);
    connect.resolve();
    const client = await opening;
    expect((await client.request('ping')).result).toEqual({});
    expect(client.messages).toHaveLength(1);
    expectEndpointFirst(client.text);
  });

  it('is never a keep-alive, even if the session opens slowly', async () => {
    const slow = deferred();
    let opening: Session | undefined;
    const { url } = await serve({
      keepAlive: { intervalMs: 1 },
      server: async ({ session, headers }) => {
        if (headers.slow) {
          opening = session;
          await slow.promise;
        }
        return { connect: async () => {}, close: async () => {} };
      },
    });
    const quick = await StreamClient.open(`${url}/sse`);
    const waiting = StreamClient.open(`${url}/sse`, { slow: 'yes' });
    await eventually(() => opening !== undefined, 'the slow one to begin');
    const seen = quick.comments.length;
    await eventually(() => quick.comments.length > seen + 2, 'keep-alives of the quick one');
    slow.resolve();
    const client = await waiting;
    await eventually(() => client.comments.length > 0, 'a keep-alive of the slow one');
    expectEndpointFirst(client.text);
  });
});
