import { expect, it } from 'vitest';

import { MUTANTS, rotten } from '../../scripts/mutants/index.js';

it('each mutant has its place in the sources, and a spec that must kill it', async () => {
  expect(MUTANTS.length).toBeGreaterThan(300);
  const unplaced = await rotten(MUTANTS);
  expect(unplaced.map(({ name, file }) => `${name} (lib/${file})`)).toEqual([]);
  const [first] = MUTANTS;
  expect(await rotten([{ ...first!, find: 'what stands nowhere' }])).toHaveLength(1);
});
