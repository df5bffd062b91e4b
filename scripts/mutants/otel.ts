import type { Mutant } from './mutant.js';

const operations = 'otel/operations.ts';
const instrument = 'otel/instrument.ts';
const durations = 'otel/durations.ts';

const spans = 'otel/instrument.spec.ts';
const metrics = 'otel/metrics.spec.ts';

export const otelMutants: readonly Mutant[] = [
  {
    name: 'otel: what a listener of a channel throws ends the process',
    file: 'otel/instrument.ts',
    find: '    attempt(() => {\n      listen(payload as McpSseChannels[Name]);\n    }, undefined);',
    replace: '    listen(payload as McpSseChannels[Name]);',
    specs: ['otel/instrument.spec.ts'],
  },
  {
    name: 'otel: spans outlive their session',
    file: instrument,
    find: "    this.#asked.endAll(session, 'session-closed');\n",
    replace: '',
    specs: [spans],
  },
  {
    name: 'otel: a session that leaves keeps its spans',
    file: instrument,
    find: "      on('mcp-sse:session.hand-over', ({ session }) => void this.#ended(session)),\n",
    replace: '',
    specs: [spans],
  },
  {
    name: 'otel: a session that comes from another node keeps its spans',
    file: instrument,
    find: "      on('mcp-sse:session.restore', ({ session }) => this.#began(session, mcp)),\n",
    replace: '',
    specs: [spans],
  },
  {
    name: 'otel: spans without bound',
    file: operations,
    find: 'if (running.size <= MAX_OPEN) return;',
    replace: 'if (running.size > 0) return;',
    specs: [spans],
  },
  {
    name: 'otel: a cancelled request holds its span',
    file: instrument,
    find: "else if (message.method === 'notifications/cancelled') {",
    replace: "else if (message.method === 'notifications/none') {",
    specs: [spans],
  },
  {
    name: 'otel: a tool runs outside of its span',
    file: instrument,
    find: 'return operation?.context ?? context.active();',
    replace: 'return operation ? context.active() : context.active();',
    specs: [spans],
  },
  {
    name: 'otel: names of clients in metrics',
    file: durations,
    find: 'this.targets.of(target.name)',
    replace: 'target.name',
    specs: [metrics],
  },
];
