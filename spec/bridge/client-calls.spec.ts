import { expect, it } from 'vitest';

import { ClientCalls, type Answer } from '../../lib/bridge/client-calls.js';
import type { JsonRpcMessage } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { request, result } from '../support/messages.js';

function rig(timeoutMs = 60_000) {
  const sent: JsonRpcMessage[] = [];
  const answers: Answer[] = [];
  const calls = new ClientCalls((message) => sent.push(message), timeoutMs);
  const ask = (id: number, owner: object): void =>
    calls.ask(request(id, 'roots/list'), owner, (answer) => answers.push(answer));
  return { sent, answers, calls, ask };
}

const cancelled = (requestId: string, reason?: string): JsonRpcMessage => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId, ...(reason !== undefined && { reason }) },
});

it('uses its own ids, and passes results and errors back', () => {
  const { sent, answers, calls, ask } = rig();
  ask(0, {});
  ask(0, {});
  expect(sent.map((message) => 'id' in message && message.id)).toEqual(['bridge:1', 'bridge:2']);
  const error = { code: -1, message: 'no', data: 1 };
  expect(calls.answer({ jsonrpc: '2.0', id: 'bridge:2', error })).toBe(true);
  expect(calls.answer(result('bridge:1', { roots: [] }))).toBe(true);
  expect(answers).toEqual([{ error }, { result: { roots: [] } }]);
});

it('drops unknown and repeated answers', () => {
  const { answers, calls, ask } = rig();
  ask(0, {});
  expect(calls.answer(result(0))).toBe(false);
  expect(calls.answer(result('bridge:7'))).toBe(false);
  expect(calls.answer({ jsonrpc: '2.0', error: { code: -1, message: 'no' } })).toBe(false);
  expect(calls.answer(result('bridge:1'))).toBe(true);
  expect(calls.answer(result('bridge:1'))).toBe(false);
  expect(answers).toHaveLength(1);
});

it('accepts a thousand calls at a time', () => {
  const { sent, answers, ask } = rig();
  for (let id = 0; id < 1_001; id += 1) ask(id, {});
  expect(sent).toHaveLength(1_000);
  expect(answers).toMatchObject([{ error: { code: -32000 } }]);
});

it('answers in place of a silent client, and cancels the call there', async () => {
  const { sent, answers, ask } = rig(1);
  ask(0, {});
  await eventually(() => answers.length === 1);
  expect(answers).toMatchObject([{ error: { code: -32001 } }]);
  expect(sent[1]).toEqual(cancelled('bridge:1', 'timeout'));
});

it('cancels one call, all calls of one upstream, and all calls', () => {
  const { sent, answers, calls, ask } = rig();
  const [one, other] = [{}, {}];
  ask(0, one);
  ask(0, other);
  ask(1, one);
  ask(1, other);
  sent.length = 0;
  calls.cancel(one, 0, 'no longer wanted');
  calls.cancel(one, 7);
  expect(sent).toEqual([cancelled('bridge:1', 'no longer wanted')]);
  calls.cancel(other, 0);
  expect(sent[1]).toEqual(cancelled('bridge:2'));
  calls.cancelAll(other);
  calls.cancelAll();
  const gone = 'The upstream is gone';
  expect(sent.slice(2)).toEqual([cancelled('bridge:4', gone), cancelled('bridge:3', gone)]);
  expect(answers).toEqual([]);
});

it('forgets all calls without telling the client', () => {
  const { sent, answers, calls, ask } = rig();
  ask(0, {});
  calls.forget();
  expect(calls.answer(result('bridge:1'))).toBe(false);
  expect([sent.length, answers.length]).toEqual([1, 0]);
});
