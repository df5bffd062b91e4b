import type { Mutant } from './mutant.js';

const pump = 'session/outbound/pump.ts';
const log = 'session/outbound/replay-log.ts';
const road = 'session/resume/resume-strategy.ts';
const session = 'session/live-session.ts';
const wayBack = 'http/get/resume-request.ts';

const model = 'resume/model.spec.ts';
const retention = 'session/outbound/retention.spec.ts';
const halfOpen = 'resume/half-open.spec.ts';
const heartbeat = 'session/heartbeat.spec.ts';
const detached = 'resume/detached.spec.ts';
const window = 'resume/window.spec.ts';
const marked = 'resume/marked-streams.spec.ts';
const plain = 'resume/plain-streams.spec.ts';

/** Faults of what is kept, and where a connection goes on in it, as the model sees them. */
const cursorMutants: readonly Mutant[] = [
  {
    name: 'a trim takes one message too many',
    file: log,
    find: 'while (frame && this.#first < offset)',
    replace: 'while (frame && this.#first <= offset)',
    specs: [model],
  },
  {
    name: 'the oldest message that is kept cannot be had',
    file: log,
    find: 'return offset < this.#first ?',
    replace: 'return offset <= this.#first ?',
    specs: [model],
  },
  {
    name: 'a new connection begins with what its client has read',
    file: pump,
    find: 'this.#cursor = Math.max(offset + 1, this.#log.first);',
    replace: 'this.#cursor = Math.max(offset, this.#log.first);',
    specs: [model],
  },
  {
    name: 'a new connection skips a message',
    file: pump,
    find: 'this.#cursor = Math.max(offset + 1, this.#log.first);',
    replace: 'this.#cursor = Math.max(offset + 2, this.#log.first);',
    specs: [model],
  },
  {
    name: 'a new connection goes on where the old one was',
    file: pump,
    find: '    this.#cursor = Math.max(offset + 1, this.#log.first);\n',
    replace: '',
    specs: [model],
  },
  {
    name: 'a gap is not noticed',
    file: pump,
    find: 'return offset + 1 >= this.#log.first && offset < this.#log.next;',
    replace: 'return offset + 2 >= this.#log.first && offset < this.#log.next;',
    specs: [model],
  },
  {
    name: 'the last offset without a gap is refused',
    file: pump,
    find: 'return offset + 1 >= this.#log.first && offset < this.#log.next;',
    replace: 'return offset >= this.#log.first && offset < this.#log.next;',
    specs: [model],
  },
  {
    name: 'an acknowledgement takes what is not written yet',
    file: pump,
    find: 'this.#log.trim(Math.min(offset + 1, this.#cursor));',
    replace: 'this.#log.trim(offset + 1);',
    specs: [retention],
  },
  {
    name: 'an acknowledgement takes what is not read yet',
    file: pump,
    find: 'this.#log.trim(Math.min(offset + 1, this.#cursor));',
    replace: 'this.#log.trim(Math.min(offset + 2, this.#cursor));',
    specs: [model],
  },
  {
    name: 'the bounds take what is not written yet',
    file: pump,
    find: 'while (this.#log.first < this.#cursor && this.#keepsTooMuch())',
    replace: 'while (this.#keepsTooMuch())',
    specs: [detached],
  },
  {
    name: 'what waits for a connection is taken for what is kept',
    file: pump,
    find: 'if (!this.#writer) return size > maxEvents || bytes > maxBytes;',
    replace: 'if (size >= 0) return size > maxEvents || bytes > maxBytes;',
    specs: [retention],
  },
  {
    name: 'what is replayed is not counted as waiting',
    file: pump,
    find: 'this.#waitingBytes = this.#log.bytesFrom(this.#cursor);\n    this.#fill();',
    replace: 'this.#waitingBytes = 0;\n    this.#fill();',
    specs: [model],
  },
  {
    name: 'a replay has no more room than limits.maxBufferedBytes',
    file: pump,
    find: 'frame.bytes <= Math.max(maxBufferedBytes, maxBytes)',
    replace: 'frame.bytes <= maxBufferedBytes',
    specs: [detached],
  },
  {
    name: 'nothing bounds what is kept while there is no connection',
    file: pump,
    find: 'return unwrittenBytes + frame.bytes <= maxBytes && waiting < maxEvents;',
    replace: 'return unwrittenBytes + frame.bytes <= maxBytes || waiting < maxEvents;',
    specs: [detached],
  },
  {
    name: 'what is let go of is not told to the budget',
    file: pump,
    find: 'this.#cursor));\n    this.#reportHeld();\n',
    replace: 'this.#cursor));\n',
    specs: [retention],
  },
];

const attachMutants: readonly Mutant[] = [
  {
    name: 'the older stream is not ended',
    file: pump,
    find: '    before?.destroy();\n',
    replace: '',
    specs: [model],
  },
  {
    name: 'the older stream is ended before the newer one has taken over',
    file: pump,
    find: '    const before = this.#writer;\n    this.#writer = writer;\n',
    replace:
      '    const before = this.#writer;\n    before?.destroy();\n    this.#writer = writer;\n',
    specs: [halfOpen],
  },
  {
    name: 'the late end of the older stream ends the newer one',
    file: pump,
    find: `writer: ConnectionWriter): void {
    if (writer !== this.#writer) return;
    this.#writer = undefined;`,
    replace: `_writer: ConnectionWriter): void {
    this.#writer = undefined;`,
    specs: [model],
  },
  {
    name: 'a ping on the older stream ends the newer one',
    file: 'session/heartbeat.ts',
    find: 'if (session.sender.writer === writer) {',
    replace: 'if (session.sender.writer !== undefined || writer) {',
    specs: [heartbeat],
  },
  {
    name: 'a session that is back still counts the time it was away',
    file: session,
    find: '    this.detachedAt = undefined;\n    this.sender.attach(',
    replace: '    this.sender.attach(',
    specs: [window],
  },
  {
    name: 'a session ends with its stream although its client could come back',
    file: session,
    find: 'else if (!this.sender.resumeStrategy.resumable) this.#end(reason, error);',
    replace: 'else if (this.#state) this.#end(reason, error);',
    specs: [window],
  },
  {
    name: 'a session outlives its stream although its client cannot come back',
    file: road,
    find: 'return this.#positions || this.token !== undefined || this.key !== undefined;',
    replace: 'return true;',
    specs: [plain],
  },
  {
    name: 'a large message never gets onto a new connection',
    file: 'http/get/begin-stream.ts',
    find: '{ writeTimeoutMs, maxBufferedBytes: Infinity }',
    replace: 'settings.limits',
    specs: [detached],
  },
];

const markMutants: readonly Mutant[] = [
  {
    name: 'an id names the next message',
    file: road,
    find: 'const id = `${head}${String(offset)}\\n`',
    replace: 'const id = `${head}${String(offset + 1)}\\n`',
    specs: [model],
  },
  {
    name: 'a position names the next message',
    file: road,
    find: 'const position = this.positionEvent(offset);',
    replace: 'const position = this.positionEvent(offset + 1);',
    specs: [model],
  },
  {
    name: 'a position comes before its message',
    file: road,
    find: 'text: text + position',
    replace: 'text: position + text',
    specs: [model],
  },
  {
    name: 'the first event of a connection sends its client back to the beginning',
    file: road,
    find: '{ id: this.#eventId(token, offset) }',
    replace: '{ id: this.#eventId(token, 0) }',
    specs: [model],
  },
  {
    name: 'the first event of a connection has no position',
    file: road,
    find: 'data: this.#positions ? this.#messageUrlAt(offset) : this.#messageUrl,',
    replace: 'data: this.#messageUrl,',
    specs: [model],
  },
  {
    name: 'an SDK client gets positions before it has shown itself',
    file: wayBack,
    find: 'undecided: undecided && !positions',
    replace: 'positions: positions || undecided',
    specs: [plain],
  },
  {
    name: 'all clients come back at the same moment',
    file: 'session/resume/reconnect-delay.ts',
    find: '(0.5 + Math.random())',
    replace: '1',
    specs: [marked],
  },
];

/** Faults of the log, of the cursor into it, and of what its messages are marked with. */
export const resumeMutants: readonly Mutant[] = [
  ...cursorMutants,
  ...attachMutants,
  ...markMutants,
];
