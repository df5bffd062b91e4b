// Splits the output of a process into lines, in linear time and within a bound.

const LINE_FEED = 10;

/** A line is handed on without its end. */
export class LineReader {
  readonly #maxBytes: number;
  readonly #line: (text: string) => void;
  /** The beginning of a line that has not ended. */
  #pieces: Buffer[] = [];
  #held = 0;

  constructor(maxBytes: number, line: (text: string) => void) {
    this.#maxBytes = maxBytes;
    this.#line = line;
  }

  /** Whether no line is larger than the bound; after one that is, nothing more is to be pushed. */
  push(chunk: Buffer): boolean {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      if (this.#held + end - start > this.#maxBytes) return false;
      this.#line(this.#take(chunk, start, end));
      start = end + 1;
    }
    if (start === chunk.length) return true;
    const rest = chunk.subarray(start);
    this.#pieces.push(rest);
    this.#held += rest.length;
    return this.#held <= this.#maxBytes;
  }

  #take(chunk: Buffer, start: number, end: number): string {
    if (this.#held === 0) return chunk.toString('utf8', start, end);
    this.#pieces.push(chunk.subarray(start, end));
    const text = Buffer.concat(this.#pieces).toString();
    this.#pieces = [];
    this.#held = 0;
    return text;
  }
}
