import type { Mutant } from './mutant.js';

export const adoptMutants: readonly Mutant[] = [
  {
    name: 'a client of a session that is gone is served although adopt is false',
    file: 'session/local-host.ts',
    find: 'if (isEarly) throw',
    replace: 'if (isEarly && messages.length > 1) throw',
    specs: ['flows/adopt.spec.ts'],
  },
  {
    name: 'the server is told of the client and answers it',
    file: 'session/handover/replay-handshake.ts',
    find: 'if (id === undefined || id !== this.#waiting?.id) return undefined;',
    replace: 'if (id === undefined || id !== this.#waiting?.id || true) return undefined;',
    specs: ['flows/adopt.spec.ts'],
  },
  {
    name: 'what adopt says is not told to the server',
    file: 'http/get/open-session.ts',
    find: 'await introduceClient(session, version, adopt.capabilities, limits.hookTimeoutMs);',
    replace: 'await introduceClient(session, version, {}, limits.hookTimeoutMs);',
    specs: ['flows/adopt.spec.ts'],
  },
];
