import type { Mutant } from './mutant.js';

const pump = 'session/outbound/pump.ts';
const log = 'session/outbound/replay-log.ts';
const pumps = 'session/outbound/pump.spec.ts';
const logs = 'session/outbound/replay-log.spec.ts';

/** Faults of the log and of the pump. */
export const logMutants: readonly Mutant[] = [
  {
    name: 'the cursor is not advanced',
    file: pump,
    find: '    this.#cursor += 1;',
    replace: '    this.#cursor += 0;',
    specs: [pumps],
  },
  {
    name: 'the cursor is advanced twice',
    file: pump,
    find: '    this.#cursor += 1;',
    replace: '    this.#cursor += 2;',
    specs: [pumps],
  },
  {
    name: 'the log is not trimmed',
    file: pump,
    find: '    else this.#log.trim(this.#cursor);\n',
    replace: '',
    specs: [pumps],
  },
  {
    name: 'a message that goes past the log takes no offset',
    file: pump,
    find: '    this.#log.skip();\n',
    replace: '',
    specs: [pumps],
  },
  {
    name: 'a message goes past the log that may be wanted again',
    file: pump,
    find: 'this.#writer && !this.#retains && this.#log.size === 0',
    replace: 'this.#writer && this.#log.size === 0',
    specs: [pumps],
  },
  {
    name: 'a message goes past those that lie in the log',
    file: pump,
    find: 'this.#writer && !this.#retains && this.#log.size === 0',
    replace: 'this.#writer && !this.#retains',
    specs: [pumps],
  },
  {
    name: 'the pump fills the writer without end',
    file: pump,
    find: 'while (!this.#frozen && writer?.hasRoom && !writer.closed',
    replace: 'while (!this.#frozen && writer && !writer.closed',
    specs: [pumps],
  },
  {
    name: 'the pump does not go on when there is room',
    file: pump,
    find: '    if (this.#waitingBytes > 0) this.#fill();\n',
    replace: '',
    specs: [pumps],
  },
  {
    name: 'a producer is never held',
    file: pump,
    find: '    if (this.unwrittenBytes < HIGH_WATER_BYTES) return DONE;',
    replace: '    if (this.unwrittenBytes >= 0) return DONE;',
    specs: [pumps],
  },
  {
    name: 'a producer is held for ever',
    file: pump,
    find: 'HIGH_WATER_BYTES) return;\n    this.#room?.resolve();\n',
    replace: 'HIGH_WATER_BYTES) return;\n',
    specs: [pumps],
  },
  {
    name: 'the end forgets what still lies in the log',
    file: pump,
    find: '    while (writer && !writer.closed && this.#moveOne(writer));\n',
    replace: '',
    specs: [pumps],
  },
  {
    name: 'dropped messages stay in memory',
    file: log,
    find: '      this.#frames[this.#head] = undefined;\n',
    replace: '',
    specs: [logs],
  },
  {
    name: 'the slots of dropped messages are never reclaimed',
    file: log,
    find: 'this.#head >= COMPACT_AT &&',
    replace: 'this.#head < 0 &&',
    specs: [logs],
  },
  {
    name: 'the log is trimmed beyond its end',
    file: log,
    find: '    if (this.#head === this.#frames.length) {',
    replace:
      '    this.#first = Math.max(this.#first, offset);\n    if (this.#head === this.#frames.length) {',
    specs: [logs],
  },
];
