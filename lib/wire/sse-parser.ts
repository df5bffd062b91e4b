// Parses an event stream, incrementally and in linear time.
// [spec] WHATWG 9.2.6

/** One event of the stream. */
export interface ReceivedEvent {
  /** Its type; `message` if the server named none. */
  readonly event: string;
  /** Its `data:` lines, joined by line feeds. */
  readonly data: string;
  /** The id of this very event, if it has one: the stream resumes after it. */
  readonly id: string | undefined;
}

/** Receives events, comments and ids, in the order of the stream. */
export interface EventStreamListener {
  event?(event: ReceivedEvent): void;
  /** The text of a comment, without its colon and one space. */
  comment?(text: string): void;
  /** The id of a complete block, even of one without data. Comes before its event. */
  lastEventId?(id: string): void;
}

/**
 * Takes a stream in pieces that may be cut anywhere. It looks at each character once, so its time is
 * linear in the length of the stream, however long the lines and however small the pieces.
 */
export class EventStreamParser {
  readonly #listener: EventStreamListener;
  /** The start of a line whose end has not arrived yet. */
  readonly #partial = new TextBuffer();
  #begun = false;
  /** The last character was a CR: a following LF belongs to the same line break. */
  #afterCr = false;
  #type = '';
  #data: string[] = [];
  #id: string | undefined;

  constructor(listener: EventStreamListener) {
    this.#listener = listener;
  }

  feed(chunk: string): void {
    if (chunk === '') return;
    // [spec] One byte order mark at the very beginning does not belong to the stream.
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
      // Each is searched for again only once the text has moved past it: one pass for both.
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
    // [spec] One space after the colon does not belong to the value.
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (colon === 0) this.#listener.comment?.(value);
    else this.#field(name, value);
  }

  #field(name: string, value: string): void {
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#type = value;
    // [spec] An id that contains NUL is ignored.
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
    // [spec] A block without a `data` line is not an event.
    if (data.length > 0) this.#listener.event?.({ event, data: data.join('\n'), id });
  }
}

/** How many pieces are joined at once, so that a long text of tiny pieces takes little memory. */
const JOINED_PIECES = 1_024;

/** Collects a text in pieces, and copies each piece at most twice. */
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

  /** Returns the whole text with `last` at its end, and empties the buffer. */
  takeWith(last: string): string {
    if (this.#pieces.length === 0 && this.#joined.length === 0) return last;
    const text = this.#joined.join('') + this.#pieces.join('') + last;
    this.#pieces = [];
    this.#joined = [];
    return text;
  }
}
