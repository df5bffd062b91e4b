import type { Mutant } from './mutant.js';

const json = 'http/post/json-body.ts';
const nesting = 'http/post/nesting.spec.ts';
const stream = 'http/get/open-stream.ts';
const overBudget = 'http/over-budget.spec.ts';

/** What callers could make the process hold, or do, by things that look small. */
export const heldMutants: readonly Mutant[] = [
  {
    name: 'an excerpt keeps the whole text',
    file: 'util/cut-off.ts',
    find: 'Buffer.from(text.slice(0, chars)).toString()',
    replace: 'text.slice(0, chars)',
    specs: ['util/cut-off.spec.ts'],
  },
  {
    name: 'the id of initialize may be of any length',
    file: 'session/inbound/handshake.ts',
    find: 'message.id.length > MAX_NAME_CHARS) {',
    replace: 'message.id.length > Infinity) {',
    specs: ['session/inbound/handshake.spec.ts'],
  },
  {
    name: 'a setting that is cancelled is kept for as long as its session',
    file: 'session/inbound/client-settings.ts',
    find: 'if (cancelled !== undefined) this.#pending?.delete(cancelled);',
    replace: 'void cancelled;',
    specs: ['session/inbound/client-settings.spec.ts'],
  },
  {
    name: 'a body that is nested too deep is parsed',
    file: json,
    find: 'if (bytes === Infinity) throw tooDeep();',
    replace: '',
    specs: [nesting],
  },
  {
    name: 'a parsed body may be nested as deep as it likes',
    file: json,
    find: 'if (isTooDeep(body)) throw tooDeep();',
    replace: 'void isTooDeep;',
    specs: [nesting],
  },
  {
    name: 'the head of a stream is not counted',
    file: stream,
    find: '  budget.add(bytes);\n',
    replace: '',
    specs: [overBudget],
  },
  {
    name: 'the head of a stream is counted for ever',
    file: stream,
    find: '    budget.add(-bytes);\n',
    replace: '',
    specs: [overBudget],
  },
  {
    name: 'heads of streams leave no room for requests',
    file: stream,
    find: 'budget.admit(bytes, Infinity);',
    replace: 'budget.admit(bytes, 0);',
    specs: [overBudget],
  },
  {
    name: 'a zone of an address that one parser refuses is a fault of the server',
    file: 'util/guards.ts',
    find: 'return attempt(() => ipaddr.process(text), undefined);',
    replace: 'return ipaddr.process(text);',
    specs: ['http/guard/origin-guard.spec.ts'],
  },
  {
    name: 'a probe waits longer than a timer can',
    file: 'session/resume/probes.ts',
    find: 'Math.min(timeoutMs, MAX_DELAY_MS)',
    replace: 'Math.max(timeoutMs, MAX_DELAY_MS)',
    specs: ['session/resume/long-delays.spec.ts'],
  },
  {
    name: 'what others publish on a channel ends the process, by a dashboard',
    file: 'dashboard/live-feed.ts',
    find: `    attempt(() => {
      listen(payload);
    }, undefined);`,
    replace: '    listen(payload);',
    specs: ['dashboard/channels.spec.ts'],
  },
  {
    name: 'close() with NaN for a time cuts everything off',
    file: 'options/close-options.ts',
    find: '!(timeoutMs >= 0)',
    replace: 'timeoutMs < 0',
    specs: ['flows/close.spec.ts'],
  },
];
