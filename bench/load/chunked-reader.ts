const cr = 13;
const lf = 10;
const zero = 48;
const nine = 57;

export type OnBytes = (bytes: Buffer, start: number, end: number) => void;

/** Takes the chunks out of a chunked body, however the socket cuts it. */
export class ChunkedReader {
  ended = false;
  #size = 0;
  #left = 0;
  #where: 'size' | 'data' | 'data-end' | 'last' = 'size';

  constructor(private readonly onBytes: OnBytes) {}

  read(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      if (this.#where === 'data') at = this.#readData(bytes, at, end);
      else this.#readByte(bytes[at++] ?? 0);
    }
  }

  #readData(bytes: Buffer, at: number, end: number): number {
    const stop = Math.min(end, at + this.#left);
    this.#left -= stop - at;
    if (this.#left === 0) this.#where = 'data-end';
    this.onBytes(bytes, at, stop);
    return stop;
  }

  #readByte(byte: number): void {
    if (byte === cr) return;
    if (byte !== lf) {
      if (this.#where !== 'size') throw new Error(`byte ${byte} after a chunk`);
      this.#size = this.#size * 16 + hexDigit(byte);
    } else if (this.#where === 'data-end') {
      this.#where = 'size';
    } else if (this.#where === 'last') {
      this.ended = true;
    } else {
      this.#left = this.#size;
      this.#where = this.#size === 0 ? 'last' : 'data';
      this.#size = 0;
    }
  }
}

function hexDigit(byte: number): number {
  if (byte >= zero && byte <= nine) return byte - zero;
  const letter = (byte | 32) - 97;
  if (letter < 0 || letter > 5) throw new Error(`byte ${byte} in a chunk's size`);
  return letter + 10;
}
