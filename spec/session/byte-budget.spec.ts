// Alone: there is one budget for the process, and other specs leave something on it.
import { describe, expect, it, onTestFinished } from 'vitest';

import type { McpSseError } from '../../lib/index.js';

import { ByteBudget, type BudgetHolder } from '../../lib/session/byte-budget.js';

/** A session that keeps what it is told, and lets go of it when it must. */
class Holder implements BudgetHolder {
  heldBytes = 0;
  readonly fate: string[] = [];
  readonly sender = {
    releaseWritten: (): void => {
      this.fate.push('released');
      this.keep(-this.heldBytes);
    },
  };

  constructor(
    readonly name: string,
    private readonly budget: ByteBudget<Holder>,
  ) {}

  keep(bytes: number): void {
    this.heldBytes += bytes;
    this.budget.change(this, bytes);
  }

  fail({ code }: McpSseError): void {
    this.close(code);
  }

  close(reason: string): void {
    this.fate.push(reason);
    this.keep(-this.heldBytes);
    this.budget.attachedOrClosed(this);
  }
}

function budgetOf(totalBytes: number, ...names: string[]) {
  const holders: Holder[] = [];
  const budget = new ByteBudget<Holder>(totalBytes, holders);
  holders.push(...names.map((name) => new Holder(name, budget)));
  // The account of the process outlives the test.
  onTestFinished(() => budget.add(-budget.bytes));
  return { budget, holders };
}

const evicted = (holders: readonly Holder[]): string =>
  holders.flatMap(({ name, fate }) => (fate.includes('replay-evicted') ? name : [])).join('');

describe('the budget of bytes that are kept for all clients', () => {
  it('is the sum of all sessions', () => {
    const { budget, holders } = budgetOf(100, 'a', 'b');
    const [a, b] = holders as [Holder, Holder];
    a.keep(60);
    b.keep(40);
    a.keep(-10);
    expect([budget.bytes, a.fate, b.fate]).toEqual([90, [], []]);
  });

  it('closes the longest-detached session, and as many as it needs', () => {
    const { budget, holders } = budgetOf(100, 'a', 'b', 'c', 'd');
    const [a, b, c, d] = holders as [Holder, Holder, Holder, Holder];
    for (const holder of holders) holder.keep(25);
    for (const holder of [c, a, b]) budget.detached(holder);
    d.keep(1);
    expect(evicted(holders)).toBe('c');
    d.keep(40);
    expect(evicted(holders)).toBe('ac');
    expect([budget.bytes, a.fate, d.fate]).toEqual([91, ['replay-evicted'], []]);
  });

  it('does not close a session whose client is back, or that has closed already', () => {
    const { budget, holders } = budgetOf(100, 'a', 'b', 'c');
    const [a, b, c] = holders as [Holder, Holder, Holder];
    for (const holder of holders) holder.keep(30);
    budget.detached(a);
    budget.detached(b);
    budget.attachedOrClosed(a);
    c.keep(20);
    expect(evicted(holders)).toBe('b');
    // It was gone for a moment: now it is the last to have left.
    budget.detached(c);
    budget.detached(a);
    c.keep(60);
    expect(evicted(holders)).toBe('bc');
  });

  it('may close the very session that grows', () => {
    const { budget, holders } = budgetOf(100, 'a');
    const [a] = holders as [Holder];
    budget.detached(a);
    a.keep(101);
    expect([a.fate, budget.bytes]).toEqual([['replay-evicted'], 0]);
  });

  it('drops written messages of all sessions if none is detached', () => {
    const { budget, holders } = budgetOf(100, 'a', 'b');
    const [a, b] = holders as [Holder, Holder];
    a.keep(90);
    b.keep(11);
    expect([a.fate, b.fate, budget.bytes]).toEqual([['released'], ['released'], 0]);
  });

  it('closes no session if bytes are released', () => {
    const { budget, holders } = budgetOf(10, 'a', 'b');
    const [a, b] = holders as [Holder, Holder];
    b.keep(5);
    budget.detached(a);
    // What belongs to no session makes nobody pay.
    budget.add(20);
    b.keep(-5);
    expect([a.fate, b.fate, budget.bytes]).toEqual([[], [], 20]);
  });
});

describe("a client's body", () => {
  const overBudget = expect.objectContaining({ code: 'over-budget' });
  const admits = (budget: ByteBudget<Holder>, bytes: number): boolean => {
    try {
      budget.admit(bytes);
      return true;
    } catch (error) {
      expect(error).toEqual(overBudget);
      return false;
    }
  };

  it('is refused if it would be too much, without closing any session', () => {
    const { budget, holders } = budgetOf(1_000, 'a', 'b');
    const [a, b] = holders as [Holder, Holder];
    budget.detached(a);
    a.keep(600);
    b.keep(300);
    expect([admits(budget, 101), admits(budget, 100)]).toEqual([false, true]);
    expect([a.fate, b.fate, budget.bytes]).toEqual([[], [], 900]);
  });

  it('may use the last quarter only if it is small', () => {
    const small = 64 * 1024;
    const { budget } = budgetOf(16 * small, 'a');
    budget.add(11 * small);
    expect([admits(budget, small), admits(budget, small + 1)]).toEqual([true, false]);
    budget.add(-1);
    expect(admits(budget, small + 1)).toBe(true);
    budget.add(4 * small + 1);
    expect([admits(budget, small), admits(budget, small + 1)]).toEqual([true, false]);
    budget.add(1);
    expect(admits(budget, small)).toBe(false);
  });

  it('counts for all routers of the process together', () => {
    const { budget: one } = budgetOf(1_000, 'a');
    const { budget: other, holders } = budgetOf(1_000, 'b');
    one.add(900);
    expect([other.bytes, admits(other, 101), admits(other, 100)]).toEqual([0, false, true]);
    const [b] = holders as [Holder];
    b.keep(101);
    expect([b.fate, one.bytes, other.bytes]).toEqual([['released'], 900, 0]);
    one.add(-900);
    expect(admits(other, 1_000)).toBe(true);
  });
});

describe('a message that the server must keep', () => {
  /** Keeps everything, whatever it is asked to release. */
  class Stubborn extends Holder {
    override readonly sender = { releaseWritten: (): void => void this.fate.push('asked') };
  }

  function stubborn(totalBytes: number, ...names: string[]) {
    const full: number[] = [];
    const holders: Stubborn[] = [];
    const budget = new ByteBudget<Holder>(totalBytes, holders, (bytes) => full.push(bytes));
    holders.push(...names.map((name) => new Stubborn(name, budget)));
    onTestFinished(() => {
      budget.add(-budget.bytes);
    });
    return { budget, holders, full };
  }

  it('closes detached sessions first, then drops written messages, then closes the largest session', () => {
    const { budget, holders, full } = stubborn(100, 'a', 'b', 'c', 'd');
    const [a, b, c, d] = holders as [Holder, Holder, Holder, Holder];
    for (const holder of holders) holder.keep(25);
    budget.detached(a);
    c.keep(10);
    expect([a.fate, b.fate, c.fate, d.fate]).toEqual([['replay-evicted'], [], [], []]);
    d.keep(30);
    expect([b.fate, c.fate, d.fate]).toEqual([['asked'], ['asked'], ['asked', 'over-budget']]);
    expect([budget.bytes, full]).toEqual([60, [110, 115]]);
  });

  it('closes no connected session while closing detached ones is enough', () => {
    const { budget, holders } = stubborn(100, 'a', 'b');
    const [a, b] = holders as [Holder, Holder];
    b.keep(90);
    budget.detached(a);
    a.keep(11);
    expect([a.fate, b.fate]).toEqual([['replay-evicted'], []]);
  });

  it('closes no more than one session if that frees nothing', () => {
    const { budget, holders } = stubborn(100, 'a', 'b', 'c');
    const [a, b, c] = holders as [Stubborn, Stubborn, Stubborn];
    // A handler of its own holds what it held, and goes on.
    a.close = (reason) => void a.fate.push(reason);
    a.keep(90);
    b.keep(5);
    c.keep(6);
    expect([a.fate, b.fate, c.fate]).toEqual([['asked', 'over-budget'], ['asked'], ['asked']]);
    expect(budget.bytes).toBe(101);
  });
});
