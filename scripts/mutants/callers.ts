import type { Mutant } from './mutant.js';

const overBudget = 'http/over-budget.spec.ts';
const anonymous = 'resume/anonymous.spec.ts';

/** Faults of what a caller may take: of the budget, by one batch, and by the id of an anonymous session. */
export const callerMutants: readonly Mutant[] = [
  {
    name: 'the session that holds most goes on when there is no room',
    file: 'session/byte-budget.ts',
    find: "largest.fail(new McpSseError('over-budget', LARGEST));",
    replace: '',
    specs: [overBudget],
  },
  {
    name: 'a batch has as many messages as it likes',
    file: 'wire/json-rpc.ts',
    find: 'if (maxBatch !== undefined && parsed.length > maxBatch) {',
    replace: 'if (maxBatch !== undefined && parsed.length < 0) {',
    specs: [overBudget],
  },
  {
    name: 'whoever knows the id of an anonymous session is given its stream',
    file: 'session/registry.ts',
    find: "return anonymous === 'any' || (anonymous !== false && session.address === claim.address);",
    replace: "return anonymous === 'any' || anonymous !== false;",
    specs: [anonymous],
  },
  {
    name: 'an anonymous session is given back although nobody may have it',
    file: 'session/registry.ts',
    find: "return anonymous === 'any' || (anonymous !== false && session.address === claim.address);",
    replace: "return anonymous === 'any' || session.address === claim.address;",
    specs: [anonymous],
  },
  {
    name: 'a position in a URL is believed, whatever its signature',
    file: 'session/resume/position-signer.ts',
    find: 'return timingSafeEqual(given, this.#tag(offset)) ? offset : undefined;',
    replace: 'return given.length > 0 ? offset : undefined;',
    specs: [anonymous],
  },
];
