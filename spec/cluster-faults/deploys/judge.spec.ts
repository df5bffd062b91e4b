import { describe, expect, it } from 'vitest';

import { NumberSequence } from '../../support/program/number-sequence.js';
import type { Answer, Owner, Sent } from './answers.js';
import { judge } from './judge.js';
import type { ClientRecord, Evidence } from './records.js';

/** The numbers that a client was given. */
function given(...numbers: number[]): NumberSequence {
  const sequence = new NumberSequence('ann', 0);
  for (const number of numbers) sequence.add(number);
  return sequence;
}

const owner = (node: string, epoch: number): Owner => ({ node, epoch });

const known = {
  ...{
    session: 's',
    subscriptions: ['test://ann'],
    client: 'ann' as string | undefined,
    asks: true,
    calls: 2,
  },
};

const good: ClientRecord = {
  ...{ name: 'ann', kind: 'of ann', mayRepeat: false, passing: false, asks: true },
  ...{ uri: 'test://ann', beginsAnew: true, mayLose: false, longestSilenceMs: 50 },
  owners: new Map([['s', [owner('a', 0), owner('b', 1)]]]),
  sequences: new Map([
    ['a s', given(1, 2, 3)],
    ['b s', given(1)],
    ['a *', given(1, 2)],
  ]),
  ...{ sessions: ['s'], reconnects: 2, initializes: 1, unwanted: 0 },
  calls: [
    { name: 'ann.1/0', outcome: 'answered' },
    { name: 'ann.2/hold', outcome: 'interrupted' },
  ],
  settings: [known],
};
const sent = (last: Record<string, number>, node: string, refused = {}): Sent => ({
  ...{ node, last, refused, errors: {}, closed: {} },
});
const SENT = [sent({ s: 3, '*': 2 }, 'a'), sent({ s: 1 }, 'b')];

const faultsOf = (client: Partial<ClientRecord>, more: Partial<Evidence> = {}): readonly string[] =>
  judge({
    clients: [{ ...good, ...client }],
    sent: SENT,
    runs: new Map([
      ['ann.1/0', 1],
      ['ann.2/hold', 1],
    ]),
    runsOf: new Map([['s', 2]]),
    ...more,
  }).faults;

it('finds no fault in a correct deploy', () => {
  expect(faultsOf({})).toEqual([]);
  // Unmodified clients may be given one message twice for each reconnect.
  const sequences = new Map(good.sequences).set('a s', given(1, 1, 2, 3, 3));
  expect(faultsOf({ mayRepeat: true, sequences })).toEqual([]);
});

const withNumbers = (...numbers: number[]): Partial<ClientRecord> => ({
  sequences: new Map(good.sequences).set('a s', given(...numbers)),
});
const withCall = (call: ClientRecord['calls'][number]): Partial<ClientRecord> => ({
  calls: [call],
});
/** Whose answers came in this order of their clock. */
const answeredBy = (...owners: Owner[]): Partial<ClientRecord> => ({
  calls: owners.map(({ node, epoch }, at) => {
    const answer: Answer = { name: 'ann.1/0', session: 's', node, epoch, at };
    return { name: 'ann.1/0', outcome: 'answered', answer };
  }),
});
const givenBy = (...owners: Owner[]): Partial<ClientRecord> => ({
  owners: new Map([['s', owners]]),
});
const withSettings = (settings: Partial<typeof known>): Partial<ClientRecord> => ({
  settings: [known, { ...known, ...settings }],
});

// Nodes that are broken, each in another way.
it.each<[string, Partial<ClientRecord>, string]>([
  ['loses a message', withNumbers(1, 3), 'ann was given 3 after 1'],
  ['loses the last message', withNumbers(1, 2), 'ann has 2 of 3'],
  ['loses all of a node', { sequences: new Map([...good.sequences].slice(0, 2)) }, 'has 0 of 2'],
  ['gives messages in another order', withNumbers(1, 3, 2, 3), 'ann was given 2 after 3'],
  ['repeats a message', withNumbers(1, 2, 2, 3), 'ann was given 1 twice, in 2 reconnects'],
  [
    'repeats more than one for each reconnect',
    { mayRepeat: true, ...withNumbers(1, 1, 1, 1, 2, 3) },
    'ann was given 3 twice, in 2 reconnects',
  ],
  ['gives it another session', { sessions: ['s', 't'] }, 'ann was in 2 sessions'],
  ['makes it introduce itself again', { initializes: 2 }, 'ann has said initialize 2 times'],
  ['forgets its level', { unwanted: 1 }, 'ann was given 1 below its level'],
  ['forgets its subscriptions', withSettings({ subscriptions: [] }), 'knows subscriptions as []'],
  ['forgets who it is', withSettings({ client: undefined }), 'knows client as'],
  ['forgets that it can be asked', withSettings({ asks: false }), 'knows asks as false'],
  ['forgets session.data', withSettings({ calls: 1 }), 'counts 1 calls of 2'],
  ['does not answer at the end', { settings: [] }, 'did not learn what its server knows'],
  ['does not answer', withCall({ name: 'ann.1/0', outcome: 'pending' }), 'hangs'],
  ['mixes answers up', withCall({ name: 'ann.1/0', outcome: 'wrong' }), 'of another call'],
  ['refuses a call', withCall({ name: 'ann.1/0', outcome: 'refused' }), 'was refused'],
  [
    'goes on at a node that it has left',
    givenBy(owner('a', 0), owner('b', 1), owner('a', 0)),
    'given messages by a (0), b (1), a (0)',
  ],
  [
    'answers at a node that it has left',
    answeredBy(owner('b', 1), owner('a', 0)),
    'was answered by b (1), a (0)',
  ],
  ['has two owners at a time', answeredBy(owner('c', 1)), 'two nodes have one epoch of ann'],
  ['answers without running', withCall({ name: 'ann.9/0', outcome: 'answered' }), 'never ran'],
])('notices a cluster that %s', (_, client, fault) => {
  expect(faultsOf(client).join('; ')).toContain(fault);
});

it('notices a cluster that runs a call again, or refuses notifications', () => {
  expect(faultsOf({}, { runs: new Map([['ann.1/0', 2]]) }).join()).toContain('has run again');
  expect(faultsOf({}, { sent: [...SENT, sent({}, 'c', { gone: 2 })] }).join()).toContain(
    '2 notifications of c',
  );
});

it('accepts 503 and 504 during an outage, but not 503 for a call that ran', () => {
  const refused = (error: string): readonly string[] =>
    faultsOf(withCall({ name: 'ann.1/0', outcome: 'refused', error }), { mayRefuse: [503, 504] });
  expect(refused('HTTP 504')).toEqual([]);
  expect(refused('HTTP 404').join()).toContain('was refused');
  expect(refused('HTTP 503').join()).toContain('was refused, and ran');
});

describe('the judge of a client whose node was killed', () => {
  const sessions = ['s', 't'];
  const sequences = new Map([
    ['a s', given(1, 2)],
    ['b t', given(1)],
    ['b *', given(1, 4)],
  ]);
  const at = (session: string): Pick<Evidence, 'runsOf' | 'sent'> => ({
    runsOf: new Map([[session, 2]]),
    sent: [sent({ t: 1, '*': 4 }, 'b')],
  });
  const lost = { mayLose: true, sessions, sequences, owners: new Map<string, Owner[]>() };
  const anew = { ...lost, initializes: 2, settings: [{ ...known, session: 't' }] };

  it('accepts another session in which its program begins again', () => {
    expect(faultsOf(anew, at('t'))).toEqual([]);
    expect(faultsOf({ ...anew, initializes: 1 }, at('t')).join()).toContain('initialize 1 times');
    // Another one may be lost before it was given anything.
    expect(faultsOf({ ...anew, initializes: 3 }, at('t'))).toEqual([]);
    const closed = { name: 'ann.2/hold', outcome: 'refused', error: 'Connection closed' } as const;
    const more = { ...at('t'), mayRefuse: [404] };
    expect(faultsOf({ ...anew, ...withCall(closed) }, more)).toEqual([]);
  });

  it('accepts a server that does not know a client that noticed nothing', () => {
    const unknown = { session: 't', subscriptions: [], client: undefined, asks: false };
    const settings = [{ ...known, ...unknown }];
    const asIs = { ...lost, mayRepeat: true, beginsAnew: false, settings, unwanted: 1 };
    expect(faultsOf(asIs, at('t'))).toEqual([]);
    expect(faultsOf({ ...asIs, initializes: 2 }, at('t')).join()).toContain('initialize 2 times');
  });

  it('notices 404 for a session that lives to the end', () => {
    const error = 'HTTP 404';
    const refused = { ...anew, ...withCall({ name: 'ann.1/0', outcome: 'refused', error }) };
    const posted = (sessionId: string): readonly string[] => {
      const posts = new Map([['ann.1/0', { sessionId, status: 404 }]]);
      return faultsOf(refused, { ...at('t'), posts, mayRefuse: [404] });
    };
    expect(posted('s')).toEqual([]);
    expect(posted('t').join()).toContain('got 404 for a session that lives');
  });

  it('notices missing messages of a session, and calls that hang', () => {
    const gap = new Map(sequences).set('a s', given(1, 3));
    expect(faultsOf({ ...anew, sequences: gap }, at('t')).join()).toContain('given 3 after 1');
    const hangs = withCall({ name: 'ann.1/0', outcome: 'pending' });
    expect(faultsOf({ ...anew, ...hangs }, at('t')).join()).toContain('hangs');
    expect(faultsOf({ ...anew, mayLose: false }, at('t')).join()).toContain('was in 2 sessions');
  });
});

it('accepts an unreported call whose POST was refused', () => {
  const pending = withCall({ name: 'ann.1/0', outcome: 'pending' });
  const posted = (status: number): Partial<Evidence> => ({
    posts: new Map([['ann.1/0', { sessionId: 's', status }]]),
  });
  expect(faultsOf(pending, posted(503))).toEqual([]);
  expect(faultsOf(pending, posted(202)).join()).toContain('hangs');
});

it('accepts missed broadcasts and refused notifications that nodes report', () => {
  const gap = { sequences: new Map(good.sequences).set('a *', given(1, 4)) };
  const told = (errors: Record<string, number>): readonly string[] => {
    const all = [{ ...sent({ s: 3, '*': 4 }, 'a', { gone: 1 }), errors }, ...SENT.slice(1)];
    return faultsOf(gap, { sent: all, mayLose: true });
  };
  expect(told({ 'adapter-unavailable': 1 })).toEqual([]);
  expect(told({}).join()).toContain('given 4 after 1');
});

it('judges each kind of client, and prints its counts', () => {
  const other = { ...good, kind: 'of bob', name: 'bob', ...withNumbers(1, 3) };
  const { kinds } = judge({
    clients: [good, other],
    sent: SENT,
    runs: new Map(),
    runsOf: new Map(),
  });
  expect(kinds.map(({ kind }) => kind)).toEqual(['of ann', 'of bob']);
  expect(kinds[1]?.summary).toContain('1 lost, 0 repeated, 0 reordered');
  expect(kinds[1]?.faults.join()).toContain('given 3 after 1');
});

it('expects less of a client that came late and left early', () => {
  const passing = { passing: true, sequences: new Map([['a s', given(1, 2)]]), initializes: 0 };
  const settings = [{ ...known, subscriptions: [] }];
  expect(faultsOf({ ...passing, settings })).toEqual([]);
  const gap = new Map([['a s', given(1, 3)]]);
  expect(faultsOf({ ...passing, settings, sequences: gap })).not.toEqual([]);
});
