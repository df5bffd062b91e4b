import type { Mutant } from './mutant.js';

const writer = 'stream/connection-writer.ts';
const section = 'stream/exclusive-section.ts';
const lock = 'stream/lock.ts';
const property = 'stream/interleavings.spec.ts';
const drain = 'stream/writer-drain.spec.ts';
const exclusive = 'stream/exclusive-section.spec.ts';
const locks = 'stream/lock.spec.ts';

const TURN = '    void this.#lock.run(() => this.#writeQueued());';

/** Faults of the lock and of the sections that hold it. */
export const lockMutants: readonly Mutant[] = [
  {
    name: 'a turn does not take the lock',
    file: writer,
    find: TURN,
    replace: '    void this.#writeQueued();',
    specs: [drain],
  },
  {
    name: 'a turn does not take the lock, as the scheduler sees it',
    file: writer,
    find: TURN,
    replace: '    void this.#writeQueued();',
    specs: [property],
  },
  {
    name: 'a section does not take the lock, as the scheduler sees it',
    file: writer,
    find: '    return this.#lock.run(async () => {\n      try {',
    replace: '    return Promise.resolve().then(async () => {\n      try {',
    specs: [property],
  },
  {
    name: 'the lock does not wait for the section before',
    file: lock,
    find: 'this.#tail.then(section)',
    replace: 'Promise.resolve().then(section)',
    specs: [locks],
  },
  {
    name: 'a rejection poisons the lock',
    file: lock,
    find: 'this.#tail = turn.catch(ignore);',
    replace: 'this.#tail = turn;',
    specs: [locks],
  },
  {
    name: 'the re-entrancy check is dropped',
    file: section,
    find: '    return section !== undefined;',
    replace: '    return false;',
    specs: [exclusive],
  },
  {
    name: 'what a section has started counts as inside of it for ever',
    file: section,
    find: 'while (found && found.#over)',
    replace: 'while (found === null)',
    specs: [exclusive],
  },
  {
    name: 'the writes of a section do not wait for each other',
    file: section,
    find: 'await this.#writes.run(() => this.#put(frame));',
    replace: 'await this.#put(frame);',
    specs: [exclusive],
  },
  {
    name: 'a section lets go of the lock before its last write is through',
    file: section,
    find: '      await this.#writes.run(() => undefined);\n',
    replace: '',
    specs: [exclusive],
  },
  {
    name: 'a section writes on when it is over',
    file: section,
    find: '    if (this.#over)\n      throw',
    replace: '    if (this.#put === undefined)\n      throw',
    specs: [exclusive],
  },
];
