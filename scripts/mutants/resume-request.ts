import type { Mutant } from './mutant.js';

const outlet = 'session/outbound/sender.ts';
const registry = 'session/registry.ts';
const returning = 'http/get/resume-request.ts';
const client = 'client/resumable-fetch.ts';
const parser = 'wire/sse-parser.ts';

const model = 'resume/model.spec.ts';
const refusals = 'resume/refusals.spec.ts';
const probe = 'resume/probe.spec.ts';
const acknowledgement = 'resume/acknowledgement.spec.ts';
const keys = 'resume/resume-key.spec.ts';
const helper = 'client/resumable-fetch.spec.ts';

const proofMutants: readonly Mutant[] = [
  {
    name: 'what was answered counts as unread when its position was cut off',
    file: outlet,
    find: 'return Math.max(told, this.#acknowledgedOffset, handshake);',
    replace: 'return told > 0 ? told : Math.max(this.#acknowledgedOffset, handshake);',
    specs: [model, probe],
  },
  {
    name: 'an answer proves more than it does',
    file: outlet,
    find: 'this.#acks.set(id, this.#pump.nextOffset);',
    replace: 'this.#acks.set(id, this.#pump.nextOffset + 1);',
    specs: [model],
  },
  {
    name: 'an answer proves nothing',
    file: outlet,
    find: '    this.acknowledge(offset);\n  }',
    replace: '  }',
    specs: [acknowledgement],
  },
  {
    name: 'a client that cannot say where it stopped is led over a gap',
    file: registry,
    find: 'if (session.sender.canResume(claim, offset)) return',
    replace: 'return',
    specs: [keys],
  },
];

const callerMutants: readonly Mutant[] = [
  {
    name: "another principal's Last-Event-ID, or answer to a probe, is taken",
    file: registry,
    find: 'if (session.principal !== principal) return false;',
    replace: '',
    specs: [refusals, probe],
  },
  {
    name: 'a key is shared by all principals',
    file: 'session/resume/resume-claim.ts',
    find: 'JSON.stringify([principal, key])',
    replace: 'JSON.stringify([principal === key, key])',
    specs: [keys],
  },
  {
    name: 'a client that had better try again is refused for good',
    file: returning,
    find: 'return TEMPORARY.has(error.code) &&',
    replace: 'return !TEMPORARY.has(error.code) &&',
    specs: [refusals],
  },
  {
    name: 'an id of an earlier process is taken',
    file: 'cluster/locator.ts',
    find: 'if (node === this.#parts.node) return localHost;',
    replace: 'if (node === this.#parts.node || !membership) return localHost;',
    specs: [refusals],
  },
  {
    name: 'the answer to a probe reaches the server behind the session',
    file: 'session/resume/probes.ts',
    find: 'this.elsewhere?.(node, message.id, answer);\n    return true;',
    replace: 'this.elsewhere?.(node, message.id, answer);\n    return false;',
    specs: [probe],
  },
  {
    name: 'the session that left last is evicted first',
    file: 'session/byte-budget.ts',
    find: 'for (const longest of this.#detached)',
    replace: 'for (const longest of [...this.#detached].reverse())',
    specs: ['session/byte-budget.spec.ts', 'resume/eviction.spec.ts'],
  },
];

const helperMutants: readonly Mutant[] = [
  {
    name: 'the id of an event counts before the event is whole',
    file: parser,
    find: ') this.#id = value;',
    replace: ') this.#listener.lastEventId?.((this.#id = value));',
    specs: [helper],
  },
  {
    name: 'an id that is known to nobody is sent for ever',
    file: client,
    find: "    if (response.status === 404) lastId = '';\n",
    replace: '',
    specs: [helper],
  },
  {
    name: 'CRLF over two chunks ends two lines',
    file: parser,
    find: "this.#afterCr = chunk.endsWith('\\r');",
    replace: 'this.#afterCr = false;',
    specs: [helper],
  },
  {
    name: 'the answer to a GET forgets its URL',
    file: client,
    find: 'url: { value: url }, ',
    replace: '',
    specs: [helper],
  },
];

/** Faults of the ways back into a session. */
export const wayBackMutants: readonly Mutant[] = [
  ...proofMutants,
  ...callerMutants,
  ...helperMutants,
];
