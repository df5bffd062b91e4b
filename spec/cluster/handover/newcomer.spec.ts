import { describe, expect, it } from 'vitest';

import { localAdapter, type Adapter } from '../../../lib/adapter/index.js';
import { eventually } from '../../support/eventually.js';
import { request } from '../../support/messages.js';
import { lastId, NEGOTIATED, numbers, openWithIds } from '../../support/returning-client.js';
import { serve, type Served } from '../../support/serve.js';
import { endpointAt, serveTwo } from '../../support/serve-nodes.js';
import { post, StreamClient } from '../../support/stream-client.js';

/** The others hear of it only after 600 ms, as where they are busy. */
class SlowToHear implements Adapter {
  readonly #inner = localAdapter();
  readonly #counts: boolean;
  slow = false;

  constructor({ counts = true } = {}) {
    this.#counts = counts;
  }

  async join(...[self, listener]: Parameters<Adapter['join']>): ReturnType<Adapter['join']> {
    const isLate = this.slow;
    const frame = (text: string): void => {
      if (isLate) setTimeout(() => listener.frame(text), 600);
      else listener.frame(text);
    };
    const member = await this.#inner.join(self, { ...listener, frame });
    if (this.#counts) return member;
    return { send: (to, text) => member.send(to, text), leave: () => member.leave() };
  }
}

async function serveThird(adapter: SlowToHear): Promise<Served<unknown>> {
  adapter.slow = true;
  const third = await serve({ adapter });
  await eventually(() => third.mcp.stats().cluster?.up === true, 'the join');
  return third;
}

it.each([true, false])(
  'finds a session that moved before the new node joined, even if the others are slow to answer, counted: %s',
  async (counts) => {
    const adapter = new SlowToHear({ counts });
    const [leaving, staying] = await serveTwo({}, adapter);
    const client = await openWithIds(`${leaving.url}/sse`);
    await leaving.mcp.close();
    const third = await serveThird(adapter);
    const posted = await post(endpointAt(third, client), request(7, 'ping'), NEGOTIATED);
    expect(posted.status).toBe(202);
    expect(staying.mcp.sessions.get(client.sessionId)!.messagesOut).toBe(2);
  },
);

describe('where the adapter cannot count listeners, as NATS', () => {
  it('waits for the node of a session that is slow to answer', async () => {
    const adapter = new SlowToHear({ counts: false });
    const [owner] = await serveTwo({}, adapter);
    const client = await openWithIds(`${owner.url}/sse`);
    const third = await serveThird(adapter);
    const posts = [7, 8].map((id) => post(endpointAt(third, client), request(id, 'ping')));
    expect((await Promise.all(posts)).map(({ status }) => status)).toEqual([202, 202]);
  });

  it('resumes a session of a node that is slow to answer', async () => {
    const adapter = new SlowToHear({ counts: false });
    const [owner] = await serveTwo({}, adapter);
    const client = await openWithIds(`${owner.url}/sse`);
    client.drop();
    const third = await serveThird(adapter);
    const back = await StreamClient.begin(`${third.url}/sse`, { 'Last-Event-ID': lastId(client) });
    await owner.mcp.sessions.get(client.sessionId)!.notify('news');
    expect(await back.nextMessage()).toMatchObject({ method: 'news' });
  });
});

it('broadcasts in order to the sessions of nodes that it has not met yet', async () => {
  const adapter = new SlowToHear();
  const [one] = await serveTwo({}, adapter);
  const client = await openWithIds(`${one.url}/sse`);
  const third = await serveThird(adapter);
  for (let n = 1; n <= 3; n += 1) {
    third.mcp.broadcast({ jsonrpc: '2.0', method: 'number', params: { n } });
  }
  await eventually(() => third.mcp.stats().cluster?.nodes === 3, 'the discovery');
  third.mcp.broadcast({ jsonrpc: '2.0', method: 'number', params: { n: 4 } });
  await client.nextMessage(({ params }) => params?.n === 4);
  expect(numbers(client)).toEqual([1, 2, 3, 4]);
});
