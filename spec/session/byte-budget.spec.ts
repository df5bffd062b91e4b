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

describe('the budget of what is kept for all clients', () => {
  it('is the sum of what each keeps', () => {
    const { budget, holders } = budgetOf(100, 'a', 'b');
    const [a, b] = holders as [Holder, Holder];
    a.keep(60);
    b.keep(40);
    a.keep(-10);
    expect([budget.bytes, a.fate, b.fate]).toEqual([90, [], []]);
  });

  it('takes the session that has been detached the longest, and as many as it needs', () => {
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

  it('does not take one whose client is back, nor one that has closed', () => {
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

  it('may take the very session that grows', () => {
    const { budget, holders } = budgetOf(100, 'a');
    const [a] = holders as [Holder];
    budget.detached(a);
    a.keep(101);
    expect([a.fate, budget.bytes]).toEqual([['replay-evicted'], 0]);
  });

  it('lets all of them let go of what is written when nobody is away', () => {
    const { budget, holders } = budgetOf(100, 'a', 'b');
    const [a, b] = holders as [Holder, Holder];
    a.keep(90);
    b.keep(11);
    expect([a.fate, b.fate, budget.bytes]).toEqual([['released'], ['released'], 0]);
  });

  it('takes nobody for what shrinks', () => {
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
