// Splits the output of a process into lines, in linear time and within a bound.

const LINE_FEED = 10;
const NOTHING = Buffer.alloc(0);
/** Bytes of the smallest block, and of the largest one that is kept for the next line. */
const BLOCK_BYTES = 4 * 1024;

/** A line is handed on without its end. */
export class LineReader {
  readonly #maxBytes: number;
  readonly #line: (text: string) => void;
  /**
   * Begins with the unfinished line. Chunks are copied into one block, because each kept chunk
   * would be an object of its own.
   */
  #block = NOTHING;
  #held = 0;

  constructor(maxBytes: number, line: (text: string) => void) {
    this.#maxBytes = maxBytes;
    this.#line = line;
  }

  /** Returns false once a line is larger than the bound; push nothing after that. */
  push(chunk: Buffer): boolean {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      if (this.#held + end - start > this.#maxBytes) return false;
      this.#line(this.#take(chunk, start, end));
      start = end + 1;
    }
    if (start === chunk.length) return true;
    if (this.#held + chunk.length - start > this.#maxBytes) return false;
    this.#keep(chunk, start, chunk.length);
    return true;
  }

  #take(chunk: Buffer, start: number, end: number): string {
    if (this.#held === 0) return chunk.toString('utf8', start, end);
    this.#keep(chunk, start, end);
    const text = this.#block.toString('utf8', 0, this.#held);
    if (this.#block.length > BLOCK_BYTES) this.#block = NOTHING;
    this.#held = 0;
    return text;
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    const size = this.#held + end - start;
    if (size > this.#block.length) {
      // Doubled each time, so that all copies together take linear time.
      const block = Buffer.allocUnsafeSlow(Math.max(size, 2 * this.#block.length, BLOCK_BYTES));
      this.#block.copy(block, 0, 0, this.#held);
      this.#block = block;
    }
    chunk.copy(this.#block, this.#held, start, end);
    this.#held = size;
  }
}
