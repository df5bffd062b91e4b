import type { Mutant } from './mutant.js';

const gate = 'session/sunset-gate.ts';
const plan = 'session/sunset.ts';
const ledger = 'session/events/usage.ts';

const flows = 'flows/sunset.spec.ts';
const rules = 'session/sunset.spec.ts';
const fields = 'session/sunset-headers.spec.ts';
const counts = 'session/events/usage.spec.ts';

export const sunsetMutants: readonly Mutant[] = [
  {
    name: 'sunset: a session that runs is ended',
    file: gate,
    find: 'if (session.admitted || session.handshake.started) return true;',
    replace: '',
    specs: [flows],
  },
  {
    name: 'sunset: who does not initialize is let in',
    file: gate,
    find: "requests.find(({ method }) => method !== 'ping')",
    replace: "requests.find(({ method }) => method === 'initialize')",
    specs: [flows],
  },
  {
    name: 'sunset: a notice from a server that has no log',
    file: gate,
    find: 'if (!session.handshake.serverLogs) return;',
    replace: '',
    specs: [flows],
  },
  {
    name: 'sunset: a mistake of applies ends it for everybody',
    file: plan,
    find: "      this.#failed(McpSseError.from(error, 'hook-failed'));\n      return undefined;",
    replace: "      this.#failed(McpSseError.from(error, 'hook-failed'));\n      return { at };",
    specs: [rules],
  },
  {
    name: 'sunset: each node draws its own lot',
    file: plan,
    find: 'positionOf(token) < share',
    replace: 'Math.random() < share',
    specs: [rules],
  },
  {
    name: 'sunset: a URL of the options breaks the field',
    file: 'options/sunset.ts',
    find: '  .transform((text) => new URL(text).href);',
    replace: '  .transform((text) => text);',
    specs: [fields],
  },
  {
    name: 'sunset: a fraction of a second in Deprecation',
    file: plan,
    find: 'Math.floor(deprecated.getTime() / 1_000)',
    replace: '(deprecated.getTime() / 1_000)',
    specs: [fields],
  },
  {
    name: 'usage: rows without bound',
    file: ledger,
    find: 'if (this.#rows.size >= MAX_ROWS) this.#forgetOne();',
    replace: '',
    specs: [counts],
  },
  {
    name: 'usage: the row that was seen last is forgotten',
    file: ledger,
    find: 'lastSeen < oldest[1]',
    replace: 'lastSeen > oldest[1]',
    specs: [counts],
  },
  {
    name: 'usage: a principal as it is',
    file: ledger,
    find: "createHash('sha256').update(principal).digest('base64url')",
    replace: 'principal',
    specs: [counts],
  },
];
