// Long messages in pieces.
import type { LinkBudget } from './link-budget.js';

/** What a piece begins with: its place in its message. */
const WHOLE = '.';
const FIRST = '<';
const MIDDLE = '+';
const LAST = '>';
/** In place of a piece that cannot be carried: what has arrived of its message is void. */
export const DROP = '!';

/** No message is longer; what goes on beyond it is dropped. */
const MESSAGE_BYTES = 128 * 1024 * 1024;

/** The message in pieces of at most `maxBytes` of UTF-8 each, besides what they begin with. */
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
  /** The pieces so far of a message that goes on. */
  #partial: string | undefined;
  #bytes = 0;

  /** @param onOverflow called when a message is dropped because there is no room for it */
  constructor(budget: LinkBudget, onOverflow: () => void) {
    this.#budget = budget;
    this.#onOverflow = onOverflow;
  }

  /** Whether no message has arrived in part. */
  get isIdle(): boolean {
    return this.#partial === undefined;
  }

  /** The message that the piece completes, if it does. */
  take(piece: string): string | undefined {
    const kind = piece.charAt(0);
    const text = piece.slice(1);
    if (kind === MIDDLE || kind === LAST) return this.#goOn(text, kind === LAST);
    // A withdrawn piece says nothing; anything else begins anew.
    if (kind !== '') this.drop();
    if (kind === WHOLE) return text;
    if (kind === FIRST) {
      this.#partial = '';
      this.#goOn(text, false);
    }
    return undefined;
  }

  /** What has arrived of a message that goes on is void. */
  drop(): void {
    this.#partial = undefined;
    this.#budget.releasePartial(this.#bytes);
    this.#bytes = 0;
  }

  #goOn(text: string, isLast: boolean): string | undefined {
    // The rest of a message that was dropped.
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

/** Pairs of surrogates stay together: alone they have no form in UTF-8. */
function endOfPiece(message: string, start: number, maxBytes: number): number {
  let end = Math.min(start + maxBytes, message.length);
  // [node] UTF-8 takes at most three bytes for each of the string's units.
  if (Buffer.byteLength(message.slice(start, end)) > maxBytes) {
    end = start + Math.floor(maxBytes / 3);
  }
  const isHigh = end < message.length && (message.charCodeAt(end - 1) & 0xfc00) === 0xd800;
  return isHigh ? end - 1 : end;
}
