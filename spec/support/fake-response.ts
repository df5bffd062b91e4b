import { EventEmitter } from 'node:events';

import type { WritableResponse } from '../../lib/index.js';

/** A response whose every move the spec decides. */
export class FakeResponse extends EventEmitter implements WritableResponse {
  destroyed = false;
  closed = false;
  writableEnded = false;
  /** What `write` was called with, in order. */
  readonly writes: string[] = [];
  /** A write while the last one waits for `drain` is the fault that the lock prevents. */
  readonly faults: string[] = [];
  /** What the next writes return; true when it is exhausted. */
  readonly answers: (boolean | undefined)[] = [];
  /** Undefined, as on a response that cannot tell. */
  writableNeedDrain?: boolean;
  socket?: { writableNeedDrain: boolean };
  /** Runs inside `write`, before it returns. */
  onWrite: (chunk: string) => void = () => {};
  /** Runs inside `flush`. */
  onFlush: () => void = () => {};
  flushes = 0;
  #needDrain = false;

  get text(): string {
    return this.writes.join('');
  }

  write(chunk: string): boolean | undefined {
    if (this.#needDrain && this.writableNeedDrain !== false)
      this.faults.push(`write before drain: ${chunk.slice(0, 40)}`);
    if (this.writableEnded) this.faults.push('write after end');
    if (this.destroyed) this.faults.push('write after destroy');
    this.writes.push(chunk);
    this.onWrite(chunk);
    const clear = this.answers.length > 0 ? this.answers.shift() : true;
    this.#needDrain = clear === false;
    return clear;
  }

  drain(): void {
    this.#needDrain = false;
    this.emit('drain');
  }

  flush(): void {
    this.flushes += 1;
    this.onFlush();
  }

  end(): void {
    this.writableEnded = true;
    setImmediate(() => {
      this.close();
    });
  }

  destroy(): void {
    this.destroyed = true;
    setImmediate(() => {
      this.close();
    });
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.destroyed = true;
    this.emit('close');
  }
}
