/**
 * Reads events, however the stream is cut. It works on bytes, since decoding each event would cost
 * more than some servers take to send it, and it is not the package's own reader, whose faults it
 * would share.
 */
export class EventReader {
  /** The parts of a line that has not ended yet. */
  #partial: Buffer[] = [];
  #name = '';
  #data: Buffer | undefined;

  /** @param onEvent gets bytes that are valid during the call only */
  constructor(private readonly onEvent: (name: string, data: Buffer) => void) {}

  read(bytes: Buffer): void {
    let all = bytes;
    let stop = all.indexOf(lf);
    if (stop >= 0 && this.#partial.length > 0) {
      stop += this.#partial.reduce((sum, { length }) => sum + length, 0);
      all = Buffer.concat([...this.#partial, all]);
      this.#partial = [];
    }
    let line = 0;
    for (; stop >= 0; stop = all.indexOf(lf, line)) {
      this.#readLine(all, line, all[stop - 1] === cr ? stop - 1 : stop);
      line = stop + 1;
    }
    // The buffer belongs to the socket: what is needed later is copied.
    if (line < all.length) this.#partial.push(Buffer.from(all.subarray(line)));
    if (this.#data !== undefined) this.#data = Buffer.from(this.#data);
  }

  #readLine(all: Buffer, start: number, end: number): void {
    // The first letter and the place of the colon tell `data:`, `event:`, `retry:`, `id:`, and `:`.
    const letter = all[start];
    if (start >= end) this.#dispatch();
    else if (letter === d && all[start + 4] === colon) {
      if (this.#data !== undefined) throw new Error('two lines of data in one event');
      this.#data = all.subarray(valueAt(all, start + 5), end);
    } else if (letter === e && all[start + 5] === colon) {
      this.#name = all.toString('latin1', valueAt(all, start + 6), end);
    } else if (letter !== colon && all[start + 5] !== colon && all[start + 2] !== colon) {
      throw new Error(`not a line of an event stream: ${all.toString('latin1', start, end)}`);
    }
  }

  #dispatch(): void {
    const data = this.#data;
    const name = this.#name === '' ? 'message' : this.#name;
    this.#data = undefined;
    this.#name = '';
    if (data !== undefined) this.onEvent(name, data);
  }
}

const [lf, cr, space, colon, d, e] = [10, 13, 32, 58, 100, 101];

/** One space after the colon does not belong to the value. */
function valueAt(all: Buffer, at: number): number {
  return all[at] === space ? at + 1 : at;
}
