// Signs the positions in POST URLs.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Bytes of one tag: eight characters in a URL, and 2^48 guesses. */
const TAG_BYTES = 6;
/** Tags per digest. A digest for each message would be 10 % of the cost of a message. */
const TAGS = 10;
const POSITION = /^(0|[1-9]\d{0,14})\.([\w-]{8})$/;

/**
 * Signs the positions in the POST URLs of one session. Only a position that was announced to its
 * client is valid, not, for instance, one that was copied from an access log and changed.
 */
export class PositionSigner {
  readonly #key: Buffer;
  #block = -1;
  #digest: Buffer = Buffer.alloc(0);

  /**
   * @param key base64, for a session of another node. A new one if undefined
   */
  constructor(key?: string) {
    this.#key = key === undefined ? randomBytes(32) : Buffer.from(key, 'base64');
  }

  get key(): string {
    return this.#key.toString('base64');
  }

  /** The text that stands for `offset` in a URL. */
  sign(offset: number): string {
    return `${String(offset)}.${this.#tag(offset).toString('base64url')}`;
  }

  /** The offset that `text` stands for; undefined for a text that was never announced. */
  verify(text: string): number | undefined {
    const [, digits, tag] = POSITION.exec(text) ?? [];
    if (digits === undefined || tag === undefined) return undefined;
    const offset = Number(digits);
    const given = Buffer.from(tag, 'base64url');
    return timingSafeEqual(given, this.#tag(offset)) ? offset : undefined;
  }

  #tag(offset: number): Buffer {
    const block = Math.floor(offset / TAGS);
    if (block !== this.#block) {
      this.#block = block;
      this.#digest = createHmac('sha512', this.#key).update(String(block)).digest();
    }
    const start = (offset % TAGS) * TAG_BYTES;
    return this.#digest.subarray(start, start + TAG_BYTES);
  }
}
