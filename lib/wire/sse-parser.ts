/** One event of the stream. */
export interface ReceivedEvent {
  /** Its type; `message` where the server named none. */
  readonly event: string;
  /** Its `data:` lines, joined by line feeds. */
  readonly data: string;
  /** What it would be resumed from; undefined if the event has no id of its own. */
  readonly id: string | undefined;
}

/** Told what the parser finds, in order. */
export interface EventStreamListener {
  event(event: ReceivedEvent): void;
  comment(text: string): void;
}

/** Reads a `text/event-stream` as it comes in: whole, or cut anywhere. [spec] WHATWG 9.2.6 */
export class EventStreamParser {
  readonly #listener: EventStreamListener;
  #begun = false;
  /** The last character was a CR: an LF that follows belongs to the same line break. */
  #afterCr = false;
  /** What is there of a line that has not ended yet. */
  #partial = '';
  #type = '';
  #data: string[] = [];
  #id: string | undefined;

  constructor(listener: EventStreamListener) {
    this.#listener = listener;
  }

  feed(chunk: string): void {
    if (chunk === '') return;
    let text = chunk;
    // [spec] One byte order mark at the very beginning is no part of the stream.
    if (!this.#begun && text.startsWith('\uFEFF')) text = text.slice(1);
    this.#begun = true;
    if (this.#afterCr && text.startsWith('\n')) text = text.slice(1);
    this.#afterCr = text.endsWith('\r');
    const [first = '', ...more] = text.split(/\r\n|\r|\n/);
    const lines = [this.#partial + first, ...more];
    // The last one has not ended yet.
    this.#partial = lines.splice(-1).join('');
    for (const line of lines) this.#take(line);
  }

  #take(line: string): void {
    if (line === '') {
      this.#dispatch();
      return;
    }
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    // [spec] One space after the colon is no part of the value.
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (colon === 0) this.#listener.comment(value);
    else this.#field(name, value);
  }

  #field(name: string, value: string): void {
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#type = value;
    // [spec] An id that holds NUL is ignored.
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
  }

  #dispatch(): void {
    const event = { event: this.#type || 'message', data: this.#data.join('\n'), id: this.#id };
    // [spec] A block without a line of data is no event.
    const complete = this.#data.length > 0;
    this.#type = '';
    this.#data = [];
    this.#id = undefined;
    if (complete) this.#listener.event(event);
  }
}
