import { expect, it } from 'vitest';

import { NumberSequence } from '../../support/program/number-sequence.js';
import type { Sent } from './answers.js';
import { judge, type ClientRecord, type Evidence } from './judge.js';

/** The numbers that a client was given. */
function given(...numbers: number[]): NumberSequence {
  const sequence = new NumberSequence('ann', 0);
  for (const number of numbers) sequence.add(number);
  return sequence;
}

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
  ...{ name: 'ann', mayRepeat: false, passing: false, asks: true, uri: 'test://ann' },
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
  ...{ node, last, refused, errors: {} },
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

it('finds no fault where a deploy does what it promises', () => {
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

it('takes 503 and 504 where the adapter was away, unless 503 was said of what ran', () => {
  const refused = (error: string): readonly string[] =>
    faultsOf(withCall({ name: 'ann.1/0', outcome: 'refused', error }), { mayRefuse: true });
  expect(refused('HTTP 504')).toEqual([]);
  expect(refused('HTTP 404').join()).toContain('was refused');
  expect(refused('HTTP 503').join()).toContain('was refused, and ran');
});

it('asks less of a client that has come late and left early', () => {
  const passing = { passing: true, sequences: new Map([['a s', given(1, 2)]]), initializes: 0 };
  const settings = [{ ...known, subscriptions: [] }];
  expect(faultsOf({ ...passing, settings })).toEqual([]);
  const gap = new Map([['a s', given(1, 3)]]);
  expect(faultsOf({ ...passing, settings, sequences: gap })).not.toEqual([]);
});
