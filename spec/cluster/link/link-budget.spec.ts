import { expect, it } from 'vitest';

import { McpSseError } from '../../../lib/errors.js';
import { LinkBudget } from '../../../lib/cluster/link/link-budget.js';

it('gives one node a quarter of the budget, and all nodes together no more than the budget', () => {
  const budget = new LinkBudget(400);
  expect([budget.hasRoom(100, 0), budget.hasRoom(60, 40), budget.hasRoom(61, 40)]).toEqual([
    true,
    true,
    false,
  ]);
  // A message that is larger than the share of a node goes alone.
  expect([budget.hasRoom(400, 0), budget.hasRoom(401, 0), budget.hasRoom(101, 1)]).toEqual([
    true,
    false,
    false,
  ]);
  budget.changeQueued(350);
  expect([budget.hasRoom(50, 0), budget.hasRoom(51, 0)]).toEqual([true, false]);
  budget.changeQueued(-350);
  expect(budget.queuedBytes).toBe(0);
  expect(budget.hasRoom(400, 0)).toBe(true);
});

it("is tight when half of a node's share, or half of the budget, is taken", () => {
  const budget = new LinkBudget(400);
  expect([budget.isTight(49), budget.isTight(50)]).toEqual([false, true]);
  budget.changeQueued(199);
  expect(budget.isTight(0)).toBe(false);
  budget.changeQueued(1);
  expect(budget.isTight(0)).toBe(true);
});

it('counts waiting and incomplete messages in the byte budget of the process', () => {
  let held = 0;
  const account = {
    admit(bytes: number) {
      if (held + bytes > 100) throw new McpSseError('over-budget', 'full');
    },
    add(bytes: number) {
      held += bytes;
    },
  };
  const budget = new LinkBudget(1_000, account);
  expect(budget.hasRoom(60, 0)).toBe(true);
  budget.changeQueued(60);
  expect(held).toBe(60);
  expect([budget.hasRoom(40, 0), budget.hasRoom(41, 0)]).toEqual([true, false]);
  expect([budget.takePartial(41), held]).toEqual([false, 60]);
  expect([budget.takePartial(40), held]).toEqual([true, 100]);
  budget.releasePartial(40);
  budget.changeQueued(-60);
  expect(held).toBe(0);
});
