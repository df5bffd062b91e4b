import { expect, it } from 'vitest';

import { sessionFaults } from './end-check.js';

const clients = [
  { name: 'one', sessionId: 'a.1' },
  { name: 'two', sessionId: 'b.1' },
];
const open = (id: string) => ({ id, open: true });

it('finds no fault if each client has its session, and other sessions wait without a stream', () => {
  expect(
    sessionFaults(clients, [[open('a.1'), { id: 'a.2', open: false }], [open('b.1')]]),
  ).toEqual([]);
});

// Nodes that are broken, each in another way.
it.each([
  ['loses a session', [[open('a.1')], []], 'the session of two is at 0 nodes'],
  [
    'has a session twice',
    [[open('a.1'), open('b.1')], [open('b.1')]],
    'the session of two is at 2 nodes',
  ],
  [
    'does not notice a stream',
    [[open('a.1')], [{ id: 'b.1', open: false }]],
    'the session of two has no stream',
  ],
  [
    'keeps a stream',
    [[open('a.1'), open('a.2')], [open('b.1')]],
    'session a.2 has a stream, and no client',
  ],
])('notices a cluster that %s', (_, nodes, fault) => {
  expect(sessionFaults(clients, nodes)).toContain(fault);
});

it('notices a client that is in no session', () => {
  expect(sessionFaults([{ name: 'one', sessionId: undefined }], [[]])).toHaveLength(1);
});
