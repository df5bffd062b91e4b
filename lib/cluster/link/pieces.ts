// Cuts long messages into pieces, and joins them.
import type { LinkBudget } from './link-budget.js';

/** The first character of a piece: its place in the message. */
const WHOLE = '.';
const FIRST = '<';
const MIDDLE = '+';
const LAST = '>';
/** Replaces a piece that the adapter cannot carry: the receiver drops its part of the message. */
export const DROP = '!';

/** The longest message; a longer one is dropped. */
const MESSAGE_BYTES = 128 * 1024 * 1024;

/**
 * Cuts a message into pieces of at most `maxBytes` of UTF-8 each, not counting their first
 * character.
 */
export function* pieces(message: string, maxBytes: number): Generator<string> {
  let start = 0;
  let isFirst = true;
  do {
    const end = endOfPiece(message, start, maxBytes);
    const isLast = end >= message.length;
    const kind = isFirst ? (isLast ? WHOLE : FIRST) : isLast ? LAST : MIDDLE;
    yield kind + message.slice(start, end);
    start = end;
    isFirst = false;
  } while (start < message.length);
}

/** Joins the pieces of a link into messages. */
export class PieceJoiner {
  readonly #budget: LinkBudget;
  readonly #onOverflow: () => void;
  /** The pieces so far of an incomplete message. */
  #partial: string | undefined;
  #bytes = 0;

  /** @param onOverflow called when a message is dropped because there is no room for it */
  constructor(budget: LinkBudget, onOverflow: () => void) {
    this.#budget = budget;
    this.#onOverflow = onOverflow;
  }

  /** Whether no message is incomplete. */
  get isIdle(): boolean {
    return this.#partial === undefined;
  }

  /** Takes a piece. Returns the message that it completes, if any. */
  take(piece: string): string | undefined {
    const kind = piece.charAt(0);
    const text = piece.slice(1);
    if (kind === MIDDLE || kind === LAST) return this.#goOn(text, kind === LAST);
    // A withdrawn piece is empty and changes nothing; any other kind begins a new message.
    if (kind !== '') this.drop();
    if (kind === WHOLE) return text;
    if (kind === FIRST) {
      this.#partial = '';
      this.#goOn(text, false);
    }
    return undefined;
  }

  /** Drops the pieces of an incomplete message. */
  drop(): void {
    this.#partial = undefined;
    this.#budget.releasePartial(this.#bytes);
    this.#bytes = 0;
  }

  #goOn(text: string, isLast: boolean): string | undefined {
    // The rest of a dropped message.
    if (this.#partial === undefined) return undefined;
    const bytes = Buffer.byteLength(text);
    if (this.#bytes + bytes > MESSAGE_BYTES || !this.#budget.takePartial(bytes)) {
      this.drop();
      this.#onOverflow();
      return undefined;
    }
    this.#bytes += bytes;
    this.#partial += text;
    if (!isLast) return undefined;
    const message = this.#partial;
    this.drop();
    return message;
  }
}

/** Keeps surrogate pairs together, because a lone surrogate has no UTF-8 form. */
function endOfPiece(message: string, start: number, maxBytes: number): number {
  let end = Math.min(start + maxBytes, message.length);
  // [node] UTF-8 takes at most three bytes for each of the string's units.
  if (Buffer.byteLength(message.slice(start, end)) > maxBytes) {
    end = start + Math.floor(maxBytes / 3);
  }
  const isHigh = end < message.length && (message.charCodeAt(end - 1) & 0xfc00) === 0xd800;
  return isHigh ? end - 1 : end;
}
