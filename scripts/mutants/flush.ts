import type { Mutant } from './mutant.js';

const writer = 'stream/connection-writer.ts';
const queue = 'stream/frame-queue.ts';
const writable = 'stream/writable-response.ts';
const property = 'stream/interleavings.spec.ts';
const drain = 'stream/writer-drain.spec.ts';
const flush = 'stream/writer-flush.spec.ts';
const order = 'stream/writer-order.spec.ts';
const compression = 'stream/writer-behind-compression.spec.ts';
const exclusive = 'stream/exclusive-section.spec.ts';
const shared = 'stream/frame-queue.spec.ts';
const wrapped = 'stream/writer-wrapped.spec.ts';
const faked = 'flows/fake-timers.spec.ts';
const broadcastMemory = 'flows/broadcast-memory.spec.ts';

const WANTS_DRAIN = "if (chunk !== '' && !this.#writeChunk(chunk)) {";
const HANDS_ONLY = "if (chunk !== '' && !this.#writeChunk(chunk) && chunk === '') {";

/** Faults of a turn: write, drain, flush. */
export const turnMutants: readonly Mutant[] = [
  {
    name: 'the drain wait is dropped',
    file: writer,
    find: WANTS_DRAIN,
    replace: HANDS_ONLY,
    specs: [drain],
  },
  {
    name: 'the drain wait is dropped, as the scheduler sees it',
    file: writer,
    find: WANTS_DRAIN,
    replace: HANDS_ONLY,
    specs: [property],
  },
  {
    name: 'a section does not wait for drain',
    file: writer,
    find: 'if (!this.#writeChunk(frame)) await this.#waitForDrain();',
    replace: 'this.#writeChunk(frame);',
    specs: [exclusive],
  },
  {
    name: 'a close does not wake the one who waits for drain',
    file: writer,
    find: '    this.#resolveDrain?.();\n',
    replace: '',
    // A section has no waiter that would be told otherwise.
    specs: [exclusive],
  },
  {
    name: 'every drain adds a listener',
    file: writer,
    find: '(resolve) => (this.#resolveDrain = resolve)',
    replace: "(resolve) => this.#response.on('drain', (this.#resolveDrain = resolve))",
    specs: [flush],
  },
  {
    name: 'every drain adds a listener, behind compression',
    file: writer,
    find: '(resolve) => (this.#resolveDrain = resolve)',
    replace: "(resolve) => this.#response.on('drain', (this.#resolveDrain = resolve))",
    specs: [compression],
  },
  {
    name: 'the stall timer is not cleared',
    file: writer,
    find: '    clearTimeout(stalled);\n',
    replace: '',
    specs: [drain],
  },
  {
    name: 'a stalled reader is waited for for ever',
    file: writer,
    find: '    }, this.#writeTimeoutMs);\n    stalled.unref();',
    replace: '    }, MAX_DELAY_MS);\n    stalled.unref();',
    specs: [drain],
  },
  {
    name: 'the flush is dropped',
    file: writer,
    find: '      this.#response.flush?.();\n',
    replace: '',
    specs: [compression],
  },
  {
    name: 'the flush comes before the drain',
    file: writer,
    find: '      this.#lastWriteAt = performance.now();\n',
    replace: '      this.#lastWriteAt = performance.now();\n      this.#response.flush?.();\n',
    specs: [flush],
  },
  {
    name: '#flushScheduled is cleared after the turn instead of before',
    file: writer,
    find: `  #writeQueued(): Promise<void> | undefined {
    // Cleared first: a frame that is queued while this flush waits for drain asks for the next one.
    this.#flushScheduled = false;
`,
    replace: `  async #writeQueued(): Promise<void> {
    await this.#wholeTurn();
    this.#flushScheduled = false;
  }

  #wholeTurn(): Promise<void> | undefined {
`,
    specs: [drain],
  },
  {
    name: 'waiters are settled before the drain',
    file: writer,
    find: '      return this.#waitForDrain().then(() => {',
    replace: '      this.#queue.resolveWritten();\n      return this.#waitForDrain().then(() => {',
    specs: [drain],
  },
  {
    name: 'nothing is taken for false',
    file: writable,
    find: 'if (clear !== false) return response.writableNeedDrain === true;',
    replace: 'if (clear !== false) return true;',
    specs: [wrapped],
  },
  {
    name: 'a write that returns nothing never waits',
    file: writable,
    find: 'if (clear !== false) return response.writableNeedDrain === true;',
    replace: 'if (clear !== false) return false;',
    specs: [wrapped],
  },
  {
    name: 'a false that is not of the socket is waited for',
    file: writable,
    find: 'response.flush !== undefined || !hasRoom(response)',
    replace: 'response.flush !== undefined || true',
    specs: [wrapped],
  },
  {
    name: 'the false of a compressor is not believed',
    file: writable,
    find: 'response.flush !== undefined || !hasRoom(response)',
    replace: '!hasRoom(response)',
    specs: [wrapped],
  },
  {
    name: 'a response with room is enough, whatever its socket says',
    file: writable,
    find: 'writableNeedDrain === false && socket?.writableNeedDrain === false',
    replace: 'writableNeedDrain === false',
    specs: [wrapped],
  },
  {
    name: 'a drain that is lost on the way is waited for for ever',
    file: writer,
    find: 'if (hasRoom(this.#response)) this.#resolveDrain?.();',
    replace: 'if (hasRoom(this.#response)) this.#queue.length;',
    specs: [wrapped],
  },
  {
    name: 'the recheck of a wait is not cleared',
    file: writer,
    find: '    clearInterval(recheck);\n',
    replace: '',
    specs: [wrapped],
  },
  {
    name: 'every frame is written at once',
    file: writer,
    find: '    scheduleFlush(this);\n',
    replace: '    this.flush();\n',
    specs: [order],
  },
  {
    name: 'streams go by timers that tests may fake',
    file: 'util/timers.ts',
    find: 'typeof nodeSetImmediate = nodeSetImmediate;',
    replace:
      'typeof nodeSetImmediate = ((...args: Parameters<typeof nodeSetImmediate>) => globalThis.setImmediate(...args)) as typeof nodeSetImmediate;',
    specs: [faked],
  },
  {
    name: 'a frame is split over two writes',
    file: writer,
    find: 'const clear = this.#response.write(chunk);',
    replace: `const half = chunk.length >> 1;
      this.#response.write(chunk.slice(0, half));
      const clear = this.#response.write(chunk.slice(half));`,
    specs: [order],
  },
  {
    name: 'a turn has no bound',
    file: queue,
    find: 'this.#looseBytes + bytes > this.#chunkBytes',
    replace: 'this.#looseBytes + bytes > Infinity',
    specs: [order],
  },
  {
    name: 'the last frame queued goes first',
    file: queue,
    find: '    this.#texts.push(text);',
    replace: '    this.#texts.unshift(text);',
    specs: [property],
  },
  {
    name: 'what many sessions wait for is copied for each',
    file: queue,
    find: "chunk.sharedBytes > 0 ? chunk : { ...chunk, texts: [chunk.texts.join('')] }",
    replace: "{ ...chunk, texts: [chunk.texts.join('')] }",
    specs: [shared],
  },
  {
    name: 'a broadcast is copied for each session that waits',
    file: 'session/local-host.ts',
    find: '{ ...encodeMessage(message), shared: true }',
    replace: 'encodeMessage(message)',
    specs: [broadcastMemory],
  },
];
