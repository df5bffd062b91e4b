import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';

import { MUTANTS, rotten } from '../../scripts/mutants/index.js';
import { readKillers } from '../../scripts/mutants/killers.js';
import { probed } from '../../scripts/mutants/probes.js';

it('each mutant has its place in the sources, and a spec that must kill it', async () => {
  expect(MUTANTS.length).toBeGreaterThan(300);
  const unplaced = await rotten(MUTANTS);
  expect(unplaced.map(({ name, file }) => `${name} (lib/${file})`)).toEqual([]);
  const [first] = MUTANTS;
  expect(await rotten([{ ...first!, find: 'what stands nowhere' }])).toHaveLength(1);
});

it('each mutant has a name of its own, by which probes tell of it', () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});

it('what has killed a mutant before is a test in one of its specs', async () => {
  const killers = Object.entries(await readKillers());
  expect(killers.length).toBeGreaterThan(300);
  const strange = killers.filter(([name, killer]) => {
    const mutant = MUTANTS.find((it) => it.name === name);
    return mutant?.specs.includes(killer?.[0] ?? '') !== true;
  });
  expect(strange).toEqual([]);
});

it.each([
  ['a + 1', 'a + 2', 'outer(1)', ['it']],
  ['a + 1', 'a + 2', 'inner(1)', []],
  ['b * 2', 'b * 3', 'inner(1)', ['it']],
  ['b * 2', 'b * 3', 'outer(1)', ['it']],
  ['b * 2', 'b * 3', 'other()', []],
  ['size = 1', 'size = 2', 'outer(1)', []],
])(
  'a probe in the function around %s, in the place of which %s is put, is passed by %s: %j',
  (find, replace, call, passed) => {
    const source = `
    const size = 1;
    const inner = (b) => b * 2;
    function outer(a) { return a + 1 + inner(a); }
    function other() { return size; }`;
    const [first] = MUTANTS;
    const text = probed(source, [{ ...first!, name: 'it', find, replace }]);
    const seenMutants = new Set<string>();
    const before: unknown = runInNewContext(`${source}; ${call}`);
    expect(runInNewContext(`${text}; ${call}`, { seenMutants })).toBe(before);
    expect([...seenMutants]).toEqual(passed);
  },
);
