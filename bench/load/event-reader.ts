/** Sees each event's name and where its data lies; the bytes are valid only during the call. */
export type OnEvent = (name: string, data: Buffer) => void;

const lf = 10;
const colon = 58;
const space = 32;
const nothing = Buffer.alloc(0);
const dataField = Buffer.from('data:');
const eventField = Buffer.from('event:');

/** Reads an event stream, however it is cut. Strict: it takes LF only, which is what servers write. */
export class EventReader {
  #rest: Buffer = nothing;
  #name = '';
  #data: Buffer | undefined;

  constructor(private readonly onEvent: OnEvent) {}

  read(bytes: Buffer, start: number, end: number): void {
    const fresh = bytes.subarray(start, end);
    const all = this.#rest.length === 0 ? fresh : Buffer.concat([this.#rest, fresh]);
    let line = 0;
    for (let stop = all.indexOf(lf); stop >= 0; stop = all.indexOf(lf, line)) {
      this.#readLine(all, line, stop);
      line = stop + 1;
    }
    this.#keep(all, line);
  }

  /** The buffer belongs to the socket: what is needed later is copied. */
  #keep(all: Buffer, from: number): void {
    this.#rest = from === all.length ? nothing : Buffer.from(all.subarray(from));
    if (this.#data !== undefined) this.#data = Buffer.from(this.#data);
  }

  #readLine(all: Buffer, start: number, end: number): void {
    if (start === end) this.#dispatch();
    else if (startsWith(all, start, end, dataField)) {
      this.#addData(all.subarray(valueAt(all, start + dataField.length), end));
    } else if (startsWith(all, start, end, eventField)) {
      this.#name = all.toString('latin1', valueAt(all, start + eventField.length), end);
    } else if (all[start] !== colon && !/^(?:id|retry):/.test(all.toString('latin1', start, end))) {
      throw new Error(`not a line of an event stream: ${all.toString('latin1', start, end)}`);
    }
  }

  #addData(data: Buffer): void {
    this.#data =
      this.#data === undefined ? data : Buffer.concat([this.#data, Buffer.from('\n'), data]);
  }

  #dispatch(): void {
    const data = this.#data;
    const name = this.#name === '' ? 'message' : this.#name;
    this.#data = undefined;
    this.#name = '';
    if (data !== undefined) this.onEvent(name, data);
  }
}

function startsWith(all: Buffer, start: number, end: number, field: Buffer): boolean {
  // The first letters differ, so that the comparison proper is made only where it will hold.
  return (
    all[start] === field[0] &&
    end - start >= field.length &&
    all.compare(field, 0, field.length, start, start + field.length) === 0
  );
}

/** One space after the colon does not belong to the value. */
function valueAt(all: Buffer, at: number): number {
  return all[at] === space ? at + 1 : at;
}
