import type { Mutant } from './mutant.js';

const writer = 'stream/connection-writer.ts';
const queue = 'stream/frame-queue.ts';
const drain = 'stream/writer-drain.spec.ts';
const failure = 'stream/writer-failure.spec.ts';
const bounds = 'stream/writer-bounds.spec.ts';
const end = 'stream/writer-end.spec.ts';
const onHttp = 'stream/writer-on-http.spec.ts';
const exclusive = 'stream/exclusive-section.spec.ts';

/** Faults of the end of a connection, and of the bounds of its queue. */
export const closeMutants: readonly Mutant[] = [
  {
    name: 'destroy waits for the lock',
    file: writer,
    find: '    this.#close(error);\n    this.#response.destroy();\n',
    replace: `    void this.#lock.run(() => {
      this.#close(error);
      this.#response.destroy();
    });
`,
    specs: [failure],
  },
  {
    name: 'the close of the response is not heard',
    file: writer,
    find: "response.on('close', () => {",
    replace: "response.on('drain', () => {",
    specs: [drain],
  },
  {
    name: 'an error of the response is not heard',
    file: writer,
    find: "response.on('error', (cause) => {",
    replace: "response.on('drain' as 'error', (cause) => {",
    specs: [failure],
  },
  {
    name: 'nobody looks at the response before the write',
    file: writer,
    find: '    if (this.#isGone()) return true;\n',
    replace: '',
    specs: [drain],
  },
  {
    name: 'nobody looks at the response after the write',
    file: writer,
    find: '|| this.#isGone();\n    } catch',
    replace: ';\n    } catch',
    specs: [drain],
  },
  {
    name: 'nobody looks at the response after the drain',
    file: writer,
    find: '    if (this.#isGone()) return;\n',
    replace: '',
    specs: [drain],
  },
  {
    name: 'writable is trusted instead of destroyed, closed and ended',
    file: writer,
    find: 'if (destroyed || closed || writableEnded || socket?.errored) this.destroy();',
    replace: 'void [destroyed, closed, writableEnded];',
    specs: [drain],
  },
  {
    name: 'a write that throws leaves the connection open',
    file: writer,
    find: "      this.destroy(McpSseError.from(cause, 'write-failed'));\n      return true;\n",
    replace: '      return cause !== undefined;\n',
    specs: [failure],
  },
  {
    name: 'a flush that throws leaves the connection open',
    file: writer,
    find: "      this.destroy(McpSseError.from(cause, 'write-failed'));\n    }\n  }\n",
    replace: '      void cause;\n    }\n  }\n',
    specs: [failure],
  },
  {
    name: 'the writer accepts after end',
    file: writer,
    find: "    if (this.#state !== 'open') return this.#closeError();",
    replace: "    if (this.#state === 'closed') return this.#closeError();",
    specs: [end],
  },
  {
    name: 'the writer accepts after the close',
    file: writer,
    find: "    if (this.#state !== 'open') return this.#closeError();",
    replace: "    if (this.#state === 'ending') return this.#closeError();",
    specs: [drain],
  },
  {
    name: 'end does not wait for what is queued',
    file: writer,
    find: '    else if (this.#isEnding()',
    replace: '    if (this.#isEnding()',
    specs: [end],
  },
  {
    name: 'end does not wait for the sections that were there',
    file: writer,
    find: 'this.#isEnding() && this.#pendingSections === 0',
    replace: 'this.#isEnding()',
    specs: [exclusive],
  },
  {
    name: 'end has no deadline',
    file: writer,
    find: 'await withDeadline(ended, timeoutMs, late)',
    replace: 'await withDeadline(ended, MAX_DELAY_MS, late)',
    specs: [end],
  },
  {
    name: 'the observer is told of the close twice',
    file: writer,
    find: `    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#failure = error;`,
    replace: `    this.#state = 'closed';
    this.#failure = error;`,
    specs: [failure],
  },
  {
    name: 'what is queued is kept after the close',
    file: queue,
    find: '    this.#chunks = undefined;\n    this.#texts = [];\n    this.#bytes = 0;\n',
    replace: '',
    specs: [failure],
  },
  {
    name: 'nobody is told of a response that was dead before',
    file: writer,
    find: '    void Promise.resolve().then(() => this.observer?.writerClosed?.(undefined, this));\n',
    replace: '',
    specs: [failure],
  },
  {
    name: 'those who wait are not told of the close',
    file: writer,
    find: '    this.#queue.clear(() => this.#closeError());\n',
    replace: '',
    specs: [drain],
  },
  {
    name: 'the overflow check is dropped',
    file: writer,
    find: 'this.bufferedBytes > 0 && this.bufferedBytes + frame.bytes > this.#maxBufferedBytes',
    replace: 'this.bufferedBytes > Infinity',
    specs: [bounds],
  },
  {
    name: 'one frame that is larger than the bound is refused',
    file: writer,
    find: 'if (this.bufferedBytes > 0 && this.bufferedBytes + frame.bytes',
    replace: 'if (this.bufferedBytes + frame.bytes',
    specs: [bounds],
  },
  {
    name: 'characters are counted instead of bytes',
    file: writer,
    find: 'bytes: Buffer.byteLength(frame)',
    replace: 'bytes: frame.length',
    specs: [bounds],
  },
  {
    name: 'an asynchronous error of the response kills the process',
    file: writer,
    find: "response.on('error', (cause) => {",
    replace: "response.on('drain' as 'error', (cause) => {",
    specs: [onHttp],
  },
];
