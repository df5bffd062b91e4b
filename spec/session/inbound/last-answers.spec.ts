import { expect, it } from 'vitest';

import { LastAnswers, MAX_ANSWERS } from '../../../lib/session/inbound/last-answers.js';

it('gives the answers beyond an offset, in the order in which they were noted', () => {
  const answers = new LastAnswers();
  expect(answers.after(0)).toEqual([]);
  answers.push('a', 3);
  answers.push(2, 5);
  expect(answers.after(0)).toEqual([
    ['a', 3],
    [2, 5],
  ]);
  expect(answers.after(3)).toEqual([[2, 5]]);
  expect(answers.after(5)).toEqual([]);
});

it.each([MAX_ANSWERS, MAX_ANSWERS + 1, 3 * MAX_ANSWERS - 7])(
  'of %d answers it keeps the last, oldest first',
  (count) => {
    const answers = new LastAnswers();
    const all = Array.from({ length: count }, (_, at) => [at, at + 1] as const);
    for (const [id, offset] of all) answers.push(id, offset);
    expect(answers.after(0)).toEqual(all.slice(-MAX_ANSWERS));
  },
);
