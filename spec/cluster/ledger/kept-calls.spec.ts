// Alone: the bytes of the whole process are counted.
import { describe, expect, it, onTestFinished } from 'vitest';

import { isCallNotes, isCopiedNotes, isLostCalls } from '../../../lib/cluster/ledger/call-notes.js';
import { KeptCalls, type MayReturn } from '../../../lib/cluster/ledger/kept-calls.js';
import { ByteBudget } from '../../../lib/session/byte-budget.js';
import type { TrailUpdate } from '../../../lib/session/inbound/trail-update.js';
import { request } from '../../support/messages.js';

const samePrincipal: MayReturn = (client, _claim, principal) => client.principal === principal;

function newKept(maxBytes = 1_000_000) {
  const budget = new ByteBudget(maxBytes, []);
  const kept = new KeptCalls(budget, samePrincipal);
  onTestFinished(() => {
    kept.forgetNode('node');
  });
  const keep = (...updates: TrailUpdate[]): void => {
    kept.keep('node', { generation: 1, updates });
  };
  const note = (...updates: TrailUpdate[]): void => {
    kept.note('node', { generation: 1, updates });
  };
  return { budget, kept, keep, note };
}

const head = { id: 'node.one', token: 'secret', key: 'mine', principal: 'alice' };
const byProbe = (position?: string) =>
  ({
    claim: { by: 'probe', sessionId: 'node.one', position, address: undefined },
    principal: 'alice',
  }) as const;
const byId = (offset: number) =>
  ({ claim: { by: 'event-id', token: 'secret', offset }, principal: 'alice' }) as const;
const byKey = { claim: { by: 'key', key: 'mine' }, principal: 'alice' } as const;

describe('the kept calls of another node', () => {
  it('are found by every name of their session, for its principal only', () => {
    const { kept, keep } = newKept();
    keep({ n: 1, head, begun: [1, 'b'] });
    expect(kept.size).toBe(2);
    for (const client of [byProbe(), byId(0), byKey]) {
      expect(kept.find(client)).toEqual([1, 'b']);
      expect(kept.find({ ...client, principal: 'bob' })).toEqual([]);
    }
    kept.forget({ ...byProbe(), principal: 'bob' });
    expect(kept.size).toBe(2);
    kept.forget(byProbe());
    kept.forget(byProbe());
    expect([kept.size, kept.find(byKey)]).toEqual([0, []]);
  });

  it('leave out those whose answers the client has read', () => {
    const { kept, keep, note } = newKept();
    keep({ n: 1, head, begun: [1, 2, 3] });
    note({ n: 1, answered: [[1, 5], [2, 6], [9, 7]] }); // prettier-ignore
    expect(kept.find(byProbe('5.AbCdEfGh'))).toEqual([2, 3, 9]);
    expect(kept.find(byProbe('nonsense'))).toEqual([1, 2, 3, 9]);
    expect(kept.find(byId(6))).toEqual([3, 9]);
    expect(kept.find(byKey)).toEqual([1, 2, 3, 9]);
    note({ n: 1, read: 6 });
    expect(kept.find(byKey)).toEqual([3, 9]);
    note({ n: 1, over: [3, 4], read: 7 });
    expect(kept.size).toBe(0);
    // The session is not known any more.
    note({ n: 1, begun: [4] });
    expect(kept.size).toBe(0);
  });

  it('may be whole requests', () => {
    const { kept, keep, note } = newKept();
    const whole = request(1, 'tools/call', { name: 'read' });
    keep({ n: 1, head, begun: [whole, 2] });
    note({ n: 1, answered: [[1, 5]] });
    expect(kept.find(byKey)).toEqual([whole, 2]);
  });

  it('are replaced when their node sends all calls again, and dropped when a session is over', () => {
    const { kept, keep, note } = newKept();
    keep({ n: 1, head, begun: [1] }, { n: 2, head: { id: 'node.two' }, begun: [1] });
    kept.note('node', { generation: 2, updates: [{ n: 1, begun: [7] }] });
    kept.note('other', { generation: 1, updates: [{ n: 1, head, begun: [7] }] });
    expect(kept.size).toBe(2);
    note({ n: 1, ended: true });
    expect(kept.size).toBe(1);
    kept.keep('node', { generation: 2, updates: [] });
    expect(kept.size).toBe(0);
  });

  it('are dropped when their node has been silent for long', () => {
    const { kept, keep } = newKept();
    keep({ n: 1, head, begun: [1] });
    const now = performance.now();
    kept.sweep(now - 1_000, () => -Infinity);
    kept.sweep(now + 1_000, () => Infinity);
    expect(kept.size).toBe(1);
    kept.sweep(now + 1_000, () => -Infinity);
    expect(kept.size).toBe(0);
  });

  it('are copied to a third node, which drops them if their node lives', () => {
    const { kept, keep, note } = newKept();
    const whole = request(1, 'tools/call', { name: 'read' });
    keep({ n: 1, head, begun: [whole, 2, 3] }, { n: 2, head: { id: 'node.two' }, begun: [4] });
    note({ n: 1, answered: [[1, 5], [2, 6]] }); // prettier-ignore
    const notes = kept.notesOf('node')!;
    expect(isCopiedNotes({ node: 'node', ...notes })).toBe(true);
    expect(isCopiedNotes({ node: 'no name', ...notes })).toBe(false);
    expect(kept.notesOf('other')).toBeUndefined();
    const { kept: copy } = newKept();
    copy.keepCopy({ node: 'node', ...notes, updates: [] });
    expect(copy.nodes).toEqual([]);
    copy.keepCopy({ node: 'node', ...notes });
    expect(copy.find(byProbe('5.AbCdEfGh'))).toEqual([3, 2]);
    expect(copy.find(byKey)).toEqual([whole, 3, 2]);
    // What its node has told is newer.
    copy.keepCopy({ node: 'node', ...notes, updates: [{ n: 1, head, begun: [7] }] });
    expect(copy.size).toBe(4);
    const now = performance.now();
    copy.sweep(now - 1_000, () => now + 1_000);
    expect(copy.size).toBe(4);
    copy.sweep(now - 1_000, () => now + 3_000);
    expect(copy.size).toBe(0);
    kept.sweep(now - 1_000, () => now + 3_000);
    expect(kept.size).toBe(4);
  });

  it('count in the byte budget, and are left out when it is full', () => {
    const { budget, kept, keep, note } = newKept(2_000);
    keep({ n: 1, head, begun: [1] });
    const { bytes } = budget;
    expect(bytes).toBeGreaterThan(400);
    note(
      { n: 1, begun: ['x'.repeat(2_000)] },
      { n: 2, head: { id: 'y'.repeat(2_000) }, begun: [1] },
    );
    expect(kept.size).toBe(1);
    expect(() => {
      kept.keep('third', { generation: 1, updates: Array.from({ length: 9 }, () => ({ n: 1 })) });
    }).toThrow(expect.objectContaining({ code: 'over-budget' }));
    kept.forgetNode('node');
    kept.forgetNode('third');
    expect([kept.size, budget.bytes]).toEqual([0, 0]);
  });
});

it('refuses malformed notes', () => {
  const good = { generation: 1, updates: [{ n: 1, head, begun: [1, request(2)], answered: [[1, 2]], over: ['a'], read: 3 }] }; // prettier-ignore
  expect(isCallNotes(good)).toBe(true);
  const wrong: unknown[] = [
    ...[null, 'text', { generation: 1 }, { generation: 1, updates: [null] }],
    ...[{ n: 'a' }, { n: 1, head: {} }, { n: 1, head: { id: 'a', key: 1 } }, { n: 1, begun: 1 }],
    ...[
      { n: 1, begun: [null] },
      { n: 1, begun: [{ id: 1 }] },
      { n: 1, begun: [[1]] },
    ],
    ...[
      { n: 1, answered: [1] },
      { n: 1, answered: [[1]] },
      { n: 1, over: [{}] },
      { n: 1, read: 'a' },
    ],
  ];
  for (const value of wrong) {
    const isWhole = typeof value !== 'object' || value === null || !('n' in value);
    expect(isCallNotes(isWhole ? value : { generation: 1, updates: [value] })).toBe(false);
  }
  expect(isLostCalls([1, 'a', request(2)])).toBe(true);
  expect(isLostCalls({})).toBe(false);
});
