import { expect, it } from 'vitest';

import { mcpSse, type JsonRpcMessage } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { FaultyAdapter } from '../../support/faulty-adapter.js';
import { request } from '../../support/messages.js';
import { NEGOTIATED, openAsSdk } from '../../support/returning-client.js';
import { serveTwo } from '../../support/serve-nodes.js';
import { returnToNode } from './returning.js';

const tools = [
  { name: 'read', annotations: { readOnlyHint: true } },
  { name: 'set', annotations: { idempotentHint: true } },
  { name: 'add' },
];

interface Run {
  readonly name: unknown;
  readonly params: unknown;
  readonly header: unknown;
}

it('runs calls of annotated tools again in the new session, and no others', async () => {
  const adapter = new FaultyAdapter();
  const runs: Run[] = [];
  let isKilled = false;
  const handler = (
    message: JsonRpcMessage,
    { headers }: { headers: Record<string, unknown> },
  ): unknown => {
    if (!('method' in message)) return {};
    if (message.method === 'tools/list') return { tools };
    if (message.method !== 'tools/call') return {};
    const { params } = message;
    runs.push({ name: params?.name, params, header: headers['x-call'] });
    return isKilled ? { done: params?.name } : new Promise(() => undefined);
  };
  const resume = { rerun: 'annotated' } as const;
  const [owner, other] = await serveTwo({ handler, resume }, adapter);
  const client = await openAsSdk(`${owner.url}/sse`);
  await client.post(request(10, 'tools/list'), NEGOTIATED);
  await client.nextMessage(({ id }) => id === 10);
  const _meta = { progressToken: 1, other: true };
  const calls = { 11: 'read', 12: 'set', 13: 'add' };
  for (const [id, name] of Object.entries(calls)) {
    const headers = { ...NEGOTIATED, 'x-call': 'first' };
    await client.post(request(Number(id), 'tools/call', { name, _meta }), headers);
  }
  await eventually(() => other.mcp.stats().cluster?.callsKept === 3, 'the calls that are kept');
  isKilled = true;
  adapter.dead.add(owner.mcp.stats().cluster!.node);
  client.drop();
  const again = await returnToNode(other, client, { 'x-call': 'again' });
  for (const id of [11, 12]) {
    const name = calls[id as 11 | 12];
    const isAnswer = (message: { id?: unknown }): boolean => message.id === id;
    await eventually(() => again.messages.some((message) => 'id' in message && isAnswer(message)));
    const answers = again.messages.filter((message) => 'id' in message && isAnswer(message));
    expect(answers).toMatchObject([{ result: { done: name } }]);
  }
  const errors = again.messages.filter((message) => 'error' in message);
  expect(errors).toMatchObject([{ id: 13, error: { code: -32010 } }]);
  expect(runs.slice(3)).toEqual([
    { name: 'read', params: { name: 'read', _meta: { other: true } }, header: 'again' },
    { name: 'set', params: { name: 'set', _meta: { other: true } }, header: 'again' },
  ]);
  expect(other.mcp.stats()).toMatchObject({ inFlight: 0, totals: { interrupted: 1 } });
}, 60_000);

it('needs resume.trackCalls', () => {
  expect(() => mcpSse({ resume: { rerun: 'all' as never } })).toThrow(/'annotated' or false/);
  expect(() => mcpSse({ resume: { trackCalls: 'no' as never } })).toThrow(/trackCalls/);
  expect(() => mcpSse({ resume: { rerun: 'annotated', trackCalls: false } })).toThrow(
    'resume.rerun needs resume.trackCalls: true',
  );
});
