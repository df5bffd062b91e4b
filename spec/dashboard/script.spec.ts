import { expect, it } from 'vitest';

import { SCRIPT } from '../../lib/dashboard/script.js';
import { Checked } from '../support/type-check.js';

// The script of the page is text to the compiler. Kills: a name that does not exist, a misspelt member.
it('has a script that the compiler finds no fault with', { timeout: 60_000 }, () => {
  const checked = new Checked(
    { 'page.js': SCRIPT },
    {
      lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      types: [],
      // It has no annotations.
      strict: false,
    },
  );
  expect(checked.errors('page.js')).toEqual([]);
});
