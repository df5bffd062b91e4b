import { expect, it } from 'vitest';

import { AnnotatedTools } from '../../../lib/session/inbound/annotated-tools.js';
import { notification, request, result } from '../../support/messages.js';

const call = (name: unknown, more: object = {}) => request(9, 'tools/call', { name, ...more });

/** Tools that the server has listed. */
function listed(...tools: unknown[]): AnnotatedTools {
  const annotated = new AnnotatedTools();
  annotated.received(request(1, 'tools/list'));
  annotated.sent(result(1, { tools }));
  return annotated;
}

it('are those that a list annotates as read-only or idempotent', () => {
  const tools = listed(
    { name: 'read', annotations: { readOnlyHint: true } },
    { name: 'set', annotations: { readOnlyHint: false, idempotentHint: true } },
    { name: 'add', annotations: { idempotentHint: false, destructiveHint: false } },
    { name: 'old', annotations: 'none' },
    { name: 'plain' },
    ...[{ name: 7, annotations: { readOnlyHint: true } }, null],
    { name: 'x'.repeat(129), annotations: { readOnlyHint: true } },
  );
  const names = ['read', 'set', 'add', 'old', 'plain', 7, undefined, 'x'.repeat(129)];
  expect(names.filter((name) => tools.mayRunTwice(call(name)))).toEqual(['read', 'set']);
  expect(tools.mayRunTwice(request(9, 'prompts/get', { name: 'read' }))).toBe(false);
  expect(tools.mayRunTwice(request(9, 'tools/call'))).toBe(false);
});

it('are dropped when a later list says otherwise, or the list has changed', () => {
  const read = { name: 'read', annotations: { readOnlyHint: true } };
  const tools = listed(read, { name: 'set', annotations: { idempotentHint: true } });
  tools.received(request(2, 'tools/list', { cursor: 'next' }));
  tools.sent(result(2, { tools: [{ name: 'read' }] }));
  expect(['read', 'set'].filter((name) => tools.mayRunTwice(call(name)))).toEqual(['set']);
  tools.sent(notification('notifications/tools/list_changed'));
  expect(tools.mayRunTwice(call('set'))).toBe(false);
  // Its own answer only, and a result.
  tools.received(request(3, 'tools/list'));
  tools.sent(result(4, { tools: [read] }));
  tools.sent({ jsonrpc: '2.0', id: 3, error: { code: 1, message: 'no' } });
  tools.sent(result(3, { tools: [read] }));
  tools.received(request(5, 'tools/list'));
  tools.sent(result(5, { tools: 'all' }));
  expect(tools.mayRunTwice(call('read'))).toBe(false);
});

it('are at most a thousand, with small requests only', () => {
  const annotations = { readOnlyHint: true };
  const many = Array.from({ length: 1_001 }, (_, n) => ({ name: `tool ${n}`, annotations }));
  const tools = listed(...many);
  expect(tools.mayRunTwice(call('tool 999'))).toBe(true);
  expect(tools.mayRunTwice(call('tool 1000'))).toBe(false);
  expect(tools.mayRunTwice(call('tool 0', { text: 'x'.repeat(16_300) }))).toBe(true);
  expect(tools.mayRunTwice(call('tool 0', { text: 'x'.repeat(16_400) }))).toBe(false);
});

it('ignore an answer that cannot be read', () => {
  const tools = new AnnotatedTools();
  tools.received(request(1, 'tools/list'));
  const hostile = {
    get tools(): never {
      throw new Error('no');
    },
  };
  tools.sent(result(1, hostile));
  expect(tools.mayRunTwice(call('read'))).toBe(false);
});

it('forgets a list that is cancelled', () => {
  const tools = new AnnotatedTools();
  tools.received(request(1, 'tools/list'));
  tools.cancelled(1);
  tools.sent(result(1, { tools: [{ name: 'read', annotations: { readOnlyHint: true } }] }));
  expect(tools.mayRunTwice(call('read'))).toBe(false);
});
