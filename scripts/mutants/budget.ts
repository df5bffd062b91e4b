import type { Mutant } from './mutant.js';

const budget = 'session/byte-budget.ts';
const budgets = 'session/byte-budget.spec.ts';

/** Faults of the account of all bytes. */
export const budgetMutants: readonly Mutant[] = [
  {
    name: 'a large body may take the last quarter of the budget',
    file: budget,
    find: 'const SHARE_OF_LARGE = 0.75;',
    replace: 'const SHARE_OF_LARGE = 1;',
    specs: [budgets],
  },
  {
    name: 'each router has a budget of its own',
    file: budget,
    find: '    processBytes += bytes;\n',
    replace: '    processBytes = this.#bytes;\n',
    specs: [budgets],
  },
  {
    name: 'sessions that are here pay before those that are away',
    file: budget,
    find: '    for (const longest of this.#detached) {\n',
    replace:
      '    for (const session of this.#sessions) session.sender.releaseWritten();\n    for (const longest of this.#detached) {\n',
    specs: [budgets],
  },
  {
    name: 'a session is closed though what is written would have been enough',
    file: budget,
    find: '    for (const session of this.#sessions) session.sender.releaseWritten();\n',
    replace: '',
    specs: [budgets],
  },
  {
    name: 'any session is closed instead of the one that holds most',
    file: budget,
    find: 'session.heldBytes > (largest?.heldBytes ?? 0)',
    replace: '!largest && session.heldBytes > 0',
    specs: [budgets],
  },
  {
    name: 'all sessions pay for a handler that goes on',
    file: budget,
    find: '      if (this.#bytes >= before) return;\n',
    replace: '      if (before < 0) return;\n',
    specs: [budgets],
  },
  {
    name: 'a client over the budget is let in',
    file: budget,
    find: "    throw new McpSseError('over-budget', 'the server holds as many bytes as it may');\n",
    replace: '',
    specs: [budgets],
  },
];
