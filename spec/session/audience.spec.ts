import { describe, expect, it } from 'vitest';

import type { BroadcastAudience, JsonRpcNotification, McpSseRouter } from '../../lib/index.js';
import { notification } from '../support/messages.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

const MESSAGE = notification('news');

/** Three sessions: two of ann, one of ben. */
async function three() {
  const { url, mcp } = await serve({
    security: { principal: (req) => req.get('user') },
  });
  const open = (user: string) => StreamClient.open(`${url}/sse`, { user });
  const clients = [await open('ann'), await open('ann'), await open('ben')];
  return { mcp, clients };
}

/** As JavaScript calls it: the types take none of these. */
const wrongly = (mcp: McpSseRouter, ...given: unknown[]) =>
  (mcp.broadcast as (...given: unknown[]) => number)(...given);

describe('a broadcast', () => {
  it('goes to all, to those of a principal, or to those that a filter accepts', async () => {
    const { mcp, clients } = await three();
    expect(mcp.broadcast(MESSAGE)).toBe(3);
    expect(mcp.broadcast(MESSAGE, { principal: 'ann' })).toBe(2);
    const [, , ben] = clients;
    expect(mcp.broadcast(MESSAGE, { filter: ({ id }) => id === ben!.sessionId })).toBe(1);
    for (const expected of [MESSAGE, MESSAGE]) expect(await ben!.nextMessage()).toEqual(expected);
    expect(mcp.broadcast(MESSAGE, { principal: 'nobody' })).toBe(0);
  });

  // Kills: what cannot be read is taken for "everybody".
  it.each<[string, unknown]>([
    ['a principal that is undefined', { principal: undefined }],
    ['a principal that is empty', { principal: '' }],
    ['a principal that is a number', { principal: 7 }],
    ['a principal that is null', { principal: null }],
    ['a misspelt key', { principle: 'ann' }],
    ['a key too many', { principal: 'ann', nodes: 'all' }],
    ['both', { principal: 'ann', filter: () => true }],
    ['a bare function', () => true],
    ['a filter that is no function', { filter: 'ann' }],
    ['a filter that is undefined', { filter: undefined }],
    ['nothing that it could go by', {}],
    ['undefined', undefined],
    ['null', null],
    ['a string', 'ann'],
    ['an async filter', { filter: async () => true }],
    ['an async filter that rejects', { filter: () => Promise.reject(new Error('mine')) }],
  ])('with %s is refused, and reaches no session', async (_, audience) => {
    const { mcp } = await three();
    expect(() => wrongly(mcp, MESSAGE, audience)).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    );
    expect(mcp.stats().totals.messagesOut).toBe(0);
  });

  it.each<[string, unknown]>([
    ['a request', { jsonrpc: '2.0', id: 1, method: 'x' }],
    ['a response', { jsonrpc: '2.0', id: 1, result: {} }],
    ['no JSON-RPC', { method: 'x' }],
    ['a method that is none', { jsonrpc: '2.0', method: 7 }],
    ['params that are a list', { jsonrpc: '2.0', method: 'x', params: [] }],
    ['text', 'news'],
    ['nothing', undefined],
  ])('of %s is refused', async (_, message) => {
    const { mcp } = await three();
    expect(() => wrongly(mcp, message)).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    );
    expect(mcp.stats().totals.messagesOut).toBe(0);
  });

  it('whose filter throws half way reaches no session', async () => {
    const { mcp } = await three();
    let asked = 0;
    const filter = (): boolean => {
      if ((asked += 1) === 3) throw new Error('mine');
      return true;
    };
    expect(() => mcp.broadcast(MESSAGE, { filter })).toThrow('mine');
    expect(mcp.stats().totals.messagesOut).toBe(0);
  });

  it('has types that accept one of the two', () => {
    const audiences: BroadcastAudience[] = [{ principal: 'a' }, { filter: () => true }];
    // @ts-expect-error -- undefined would be everybody
    const none: BroadcastAudience = { principal: undefined };
    expect([audiences.length, none]).toBeTruthy();
  });
});

it('notify() sends a notification to one session', async () => {
  const { mcp, clients } = await three();
  const [one] = clients;
  await mcp.notify(one!.sessionId, 'news', { n: 1 });
  const expected: JsonRpcNotification = { jsonrpc: '2.0', method: 'news', params: { n: 1 } };
  expect(await one!.nextMessage()).toEqual(expected);
  await expect(mcp.notify('none', 'news')).rejects.toMatchObject({ code: 'session-not-found' });
});
