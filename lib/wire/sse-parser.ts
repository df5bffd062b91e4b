// Parses an event stream, incrementally and in linear time.
/** Reads a `text/event-stream` piece by piece. [spec] WHATWG 9.2.6 */

/** One event of the stream. */
export interface ReceivedEvent {
  /** Its type; `message` where the server named none. */
  readonly event: string;
  /** Its `data:` lines, joined by line feeds. */
  readonly data: string;
  /** The id that this event itself carries, from which the stream resumes. */
  readonly id: string | undefined;
}

/** Receives what the parser finds, in the order of the stream. */
export interface EventStreamListener {
  event?(event: ReceivedEvent): void;
  /** The text of a comment, without its colon and one space. */
  comment?(text: string): void;
  /** The id of a block that is complete, also of one without data. Comes before its event. */
  lastEventId?(id: string): void;
}

/**
 * Takes a stream in pieces that may be cut anywhere. It looks at each character once: the time is
 * linear in the length of the stream, however long a line is and however small its pieces are.
 */
export class EventStreamParser {
  readonly #listener: EventStreamListener;
  /** The beginning of a line whose end has not arrived yet. */
  readonly #partial = new TextBuffer();
  #begun = false;
  /** The last character was a CR: an LF that follows belongs to the same line break. */
  #afterCr = false;
  #type = '';
  #data: string[] = [];
  #id: string | undefined;

  constructor(listener: EventStreamListener) {
    this.#listener = listener;
  }

  feed(chunk: string): void {
    if (chunk === '') return;
    // [spec] One byte order mark at the very beginning is no part of the stream.
    const skipsMark = !this.#begun && chunk.startsWith('\uFEFF');
    const skipsLf = this.#afterCr && chunk.startsWith('\n');
    this.#begun = true;
    this.#afterCr = chunk.endsWith('\r');
    this.#readLines(chunk, skipsMark || skipsLf ? 1 : 0);
  }

  #readLines(chunk: string, from: number): void {
    let start = from;
    let lf = chunk.indexOf('\n', start);
    let cr = chunk.indexOf('\r', start);
    while (lf >= 0 || cr >= 0) {
      const end = cr < 0 || (lf >= 0 && lf < cr) ? lf : cr;
      this.#take(this.#partial.takeWith(chunk.slice(start, end)));
      // [spec] LF, CR and CRLF each end one line.
      start = end === cr && lf === cr + 1 ? end + 2 : end + 1;
      // Each is searched again only when the text has moved past it: one pass for both.
      if (lf >= 0 && lf < start) lf = chunk.indexOf('\n', start);
      if (cr >= 0 && cr < start) cr = chunk.indexOf('\r', start);
    }
    this.#partial.add(chunk.slice(start));
  }

  #take(line: string): void {
    if (line === '') {
      this.#dispatch();
      return;
    }
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    // [spec] One space after the colon is no part of the value.
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (colon === 0) this.#listener.comment?.(value);
    else this.#field(name, value);
  }

  #field(name: string, value: string): void {
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#type = value;
    // [spec] An id that holds NUL is ignored.
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
  }

  #dispatch(): void {
    const event = this.#type || 'message';
    const data = this.#data;
    const id = this.#id;
    this.#type = '';
    this.#data = [];
    this.#id = undefined;
    if (id !== undefined) this.#listener.lastEventId?.(id);
    // [spec] A block without a line of data is no event.
    if (data.length > 0) this.#listener.event?.({ event, data: data.join('\n'), id });
  }
}

/** Pieces that are joined at once, so that a long text of tiny pieces takes little memory. */
const JOINED_PIECES = 1_024;

/** Collects a text in pieces, and copies each of them twice at most. */
class TextBuffer {
  #pieces: string[] = [];
  #joined: string[] = [];

  add(piece: string): void {
    if (piece === '') return;
    this.#pieces.push(piece);
    if (this.#pieces.length < JOINED_PIECES) return;
    this.#joined.push(this.#pieces.join(''));
    this.#pieces = [];
  }

  /** The whole text with `last` at its end; nothing is left here. */
  takeWith(last: string): string {
    if (this.#pieces.length === 0 && this.#joined.length === 0) return last;
    const text = this.#joined.join('') + this.#pieces.join('') + last;
    this.#pieces = [];
    this.#joined = [];
    return text;
  }
}
