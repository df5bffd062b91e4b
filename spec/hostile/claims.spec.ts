import { describe, expect, it } from 'vitest';

import type { McpSseOptions } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { notification, request } from '../support/messages.js';
import {
  beginAgainAsSdk,
  lastEndpoint,
  NEGOTIATED,
  numbers,
  openAsSdk,
  returnAsSdk,
  sendNumbers,
} from '../support/returning-client.js';
import { expectRefusal } from '../support/refusal.js';
import { serve } from '../support/serve.js';
import { post, StreamClient } from '../support/stream-client.js';

/** Serves behind a proxy on this machine, which says where its clients are. */
const behindProxy = (options: McpSseOptions) =>
  serve(options, { prepare: (app) => void app.set('trust proxy', 'loopback') });
const at = (address: string) => ({ 'X-Forwarded-For': address });
const liveOf = (mcp: Awaited<ReturnType<typeof serve>>['mcp'], { sessionId }: StreamClient) =>
  mcp.sessions.get(sessionId)!;

/** Comes back with an answer to the probe that is POSTed to `endpoint`. */
async function returnTo(client: StreamClient, endpoint: string): Promise<StreamClient> {
  const again = await beginAgainAsSdk(client.url);
  const { id } = await again.nextMessage(({ method }) => method === 'ping');
  await post(endpoint, { jsonrpc: '2.0', id, result: {} }, NEGOTIATED);
  await again.next(({ event }) => event === 'endpoint');
  return again;
}

const positionOf = (endpoint: string): string => new URL(endpoint).searchParams.get('n') ?? '';

function withPosition(endpoint: string, position: string): string {
  const url = new URL(endpoint);
  url.searchParams.set('n', position);
  return url.href;
}

describe('a position that was not announced', () => {
  it('neither drops an unread message nor skips one', async () => {
    const { url, mcp } = await serve({ handler: () => ({}) });
    const client = await openAsSdk(`${url}/sse`);
    const other = await openAsSdk(`${url}/sse`);
    const start = lastEndpoint(client);
    for (const each of [client, other]) {
      await sendNumbers(liveOf(mcp, each), 1, 3);
      await eventually(() => numbers(each).length === 3);
    }
    const read = positionOf(lastEndpoint(client));
    const [offset, tag = ''] = read.split('.');
    const forged = [
      ...[String(offset), `${offset}.AAAAAAAA`, `${offset}.${tag.slice(1)}`, `999.${tag}`],
      ...[`${Number(offset) - 1}.${tag}`, positionOf(lastEndpoint(other)), '', '∞'],
    ];
    for (const position of forged) {
      const answer = await post(withPosition(start, position), notification(), NEGOTIATED);
      expect(answer.status).toBe(202);
    }
    client.drop();
    await eventually(() => liveOf(mcp, client).state === 'detached');
    const back = await returnTo(client, start);
    await eventually(() => numbers(back).length === 3);
    expect([back.sessionId, numbers(back)]).toEqual([client.sessionId, [1, 2, 3]]);

    back.drop();
    await eventually(() => liveOf(mcp, client).state === 'detached');
    const forger = await returnTo(client, withPosition(start, `${offset}.AAAAAAAA`));
    await eventually(() => numbers(forger).length === 3);
    forger.drop();
    await eventually(() => liveOf(mcp, client).state === 'detached');
    // The true one counts.
    const reader = await returnTo(client, withPosition(start, read));
    await sendNumbers(liveOf(mcp, client), 4, 4);
    await eventually(() => numbers(reader).length > 0);
    expect(numbers(reader)).toEqual([4]);
  });

  it.each([
    ['in front of it', (id: string) => `/message?n=own&tenant=a&sessionId=${id}`],
    ['behind it', (id: string) => `/message?sessionId=${id}&x=%26&n=own`],
    ['that is whole', (id: string) => `http://127.0.0.1:PORT/message?sessionId=${id}&a=1`],
  ])('is not any value in an endpoint URL of the application with more %s', async (_, endpoint) => {
    let port = 0;
    const served = await serve({
      handler: () => ({}),
      endpoint: (_req, id) => endpoint(id).replace('PORT', String(port)),
    });
    ({ port } = served);
    const { url, mcp } = served;
    const client = await openAsSdk(`${url}/sse`);
    await sendNumbers(liveOf(mcp, client), 1, 3);
    await eventually(() => numbers(client).length === 3);
    await client.post(request(7));
    client.drop();
    await eventually(() => liveOf(mcp, client).state === 'detached');
    await sendNumbers(liveOf(mcp, client), 4, 5);
    const back = await returnAsSdk(client);
    await eventually(() => numbers(back).length === 2);
    expect(numbers(back)).toEqual([4, 5]);
  });
});

describe('the session of an anonymous client', () => {
  async function lost(options: McpSseOptions) {
    const { url, mcp } = await behindProxy({ handler: () => ({}), ...options });
    const client = await openAsSdk(`${url}/sse`, at('192.0.2.1'));
    client.drop();
    await eventually(() => mcp.stats().detached === 1);
    await sendNumbers(liveOf(mcp, client), 1, 2);
    /** Whether who comes from there gets the session, and with it what was missed. */
    const gets = async (address: string, headers = {}): Promise<boolean> => {
      const back = await returnAsSdk(client, { ...at(address), ...headers });
      const resumed = back.sessionId === client.sessionId;
      // Without them there is nothing to wait for: one more round trip shows that nothing comes.
      if (resumed) await eventually(() => numbers(back).length === 2);
      else expect((await back.request('ping')).result).toEqual({});
      expect(numbers(back)).toEqual(resumed ? [1, 2] : []);
      back.drop();
      return resumed;
    };
    return { client, gets };
  }

  it('can be resumed from the address that opened it', async () => {
    const { gets } = await lost({});
    expect(await gets('192.0.2.2')).toBe(false);
    expect(await gets('192.0.2.1, 192.0.2.2')).toBe(false);
    expect(await gets('192.0.2.2, 192.0.2.1')).toBe(true);
  });

  it('can be resumed from any address with resume.anonymous "any"', async () => {
    const { gets } = await lost({ resume: { anonymous: 'any' } });
    expect(await gets('192.0.2.2')).toBe(true);
  });

  it('cannot be resumed with resume.anonymous false', async () => {
    const { gets } = await lost({ resume: { anonymous: false } });
    expect(await gets('192.0.2.1')).toBe(false);
  });

  it.each(['same-address', false] as const)(
    'is separate from that of a principal (%s)',
    async (anonymous) => {
      const { url, mcp } = await behindProxy({
        handler: () => ({}),
        resume: { anonymous },
        security: { principal: (req) => String(req.headers['x-user']) },
      });
      const ann = { 'X-User': 'ann' };
      const client = await openAsSdk(`${url}/sse`, { ...at('192.0.2.1'), ...ann });
      client.drop();
      await eventually(() => mcp.stats().detached === 1);
      const back = await returnAsSdk(client, { ...at('192.0.2.2'), ...ann });
      expect(back.sessionId).toBe(client.sessionId);
    },
  );
});

describe('the refusal of a POST', () => {
  async function ids() {
    const { url, mcp } = await serve({
      security: { principal: (req) => req.headers['x-user'] as string | undefined },
      resume: false,
    });
    const [own, foreign, gone] = [
      await StreamClient.open(`${url}/sse`),
      await StreamClient.open(`${url}/sse`, { 'X-User': 'ann' }),
      await StreamClient.open(`${url}/sse`),
    ];
    gone.drop();
    await eventually(() => mcp.sessions.size === 2);
    const urlOf = (id: string): string => `${url}/message?sessionId=${id}`;
    return {
      own: urlOf(own.sessionId),
      others: [urlOf(foreign.sessionId), urlOf(gone.sessionId), urlOf('never-there')],
    };
  }

  it("tells only the session's own caller that a header is wrong", async () => {
    const { own, others } = await ids();
    for (const type of ['text/plain', 'application/xml', 'application/json;charset=latin1', '']) {
      const headers = { 'Content-Type': type };
      expectRefusal(await post(own, request(1), headers), 415, -32600);
      const bodies = new Set<string>();
      for (const url of others) {
        const answer = await post(url, request(1), headers);
        expectRefusal(answer, 404, -32001);
        bodies.add(answer.body);
      }
      expect(bodies.size).toBe(1);
    }
  });

  it('is the same for closed, unknown and foreign ids, to the byte', async () => {
    const { own, others } = await ids();
    for (const body of [request(1), '{', '', '[]', { jsonrpc: '1.0' }, 'x'.repeat(5 << 20)]) {
      const answers = new Set<string>();
      for (const url of others) {
        const { date: _, ...headers } = (await post(url, body)).headers;
        const answer = await post(url, body);
        expectRefusal(answer, 404, -32001);
        answers.add(JSON.stringify([answer.status, headers, answer.body]));
      }
      expect(answers.size).toBe(1);
    }
    expect((await post(own, request(1))).status).toBe(202);
  });
});
