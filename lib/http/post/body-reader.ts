// Reads a body within its limit and the budget.
import { McpSseError } from '../../errors.js';
import type { McpSseRequest } from '../../session/request-facts.js';

/** The account of the bytes of a body while they are held. */
export interface BodyBudget {
  /**
   * @param size of the whole body, of which `bytes` are a part
   * @throws McpSseError `over-budget` if `bytes` more would be too many
   */
  admit(bytes: number, size?: number): void;
  /** Counts `bytes` more, or fewer if negative. */
  add(bytes: number): void;
}

/** Copies chunks up to this size into blocks: each chunk would keep an object of its own. */
const SMALL_BYTES = 1024;
const BLOCK_BYTES = 16 * 1024;

/**
 * Takes the body of a request from the tick in which the reader is made, and pauses the flow until
 * `read`.
 *
 * Middleware in front may have set the body flowing (`req.on('data')`, `req.pipe()`), and so may an
 * async `security.principal`. The reader keeps the chunks that arrive before `read`.
 */
export class BodyReader {
  readonly #req: McpSseRequest;
  readonly #limit: number;
  readonly #budget: BodyBudget;
  #counted = 0;
  #refusal: McpSseError | undefined;
  #chunks: Buffer[] = [];
  /** Where the next small chunks go; undefined if the last chunk was a large one. */
  #block: { readonly bytes: Buffer; used: number } | undefined;
  #size = 0;
  #state: 'reading' | 'whole' | 'cut' | 'dropped' = 'reading';
  #settle: (() => void) | undefined;

  constructor(req: McpSseRequest, limit: number, budget: BodyBudget) {
    this.#req = req;
    this.#limit = limit;
    this.#budget = budget;
    req.pause();
    req.on('data', (chunk: Buffer | string) => {
      this.#take(chunk);
    });
    req.on('end', () => {
      this.#end('whole');
    });
    // Every request ends with `close`: `read` makes the error only if needed (4 % of a POST).
    const cut = (): void => {
      this.#end('cut');
    };
    req.on('error', cut);
    req.on('close', cut);
    if (req.destroyed) cut();
  }

  /**
   * @throws McpSseError (as a rejection) `message-too-large`, `over-budget`, `parse-error` if the body
   * was cut short.
   */
  async read(): Promise<Buffer> {
    const req = this.#req;
    if (this.#state === 'reading') {
      // A `pipe` to a destination that is never read would stop the body forever.
      const flow = (): void => void req.resume();
      req.on('pause', flow);
      const settled = new Promise<void>((resolve) => (this.#settle = resolve));
      flow();
      await settled;
      req.off('pause', flow);
    }
    if (this.#refusal) throw this.#refusal;
    if (this.#state === 'cut') throw new McpSseError('parse-error', 'the body was cut short');
    return this.#join();
  }

  /** Releases what was read. */
  release(): void {
    this.#chunks = [];
    this.#count(-this.#counted);
  }

  /** Drops the rest of the body, so that the client reads the answer instead of a reset. */
  drop(): void {
    this.#end('dropped');
    this.#req.resume();
  }

  #take(chunk: Buffer | string): void {
    if (this.#state !== 'reading') return;
    // [node] A string if something in front has called `req.setEncoding`.
    const bytes =
      typeof chunk === 'string'
        ? Buffer.from(chunk, String(this.#req.readableEncoding) as BufferEncoding)
        : chunk;
    this.#size += bytes.length;
    this.#refusal = this.#refusalOf(bytes.length);
    if (this.#refusal) {
      this.#end('dropped');
      return;
    }
    this.#count(bytes.length);
    if (bytes.length > SMALL_BYTES || this.#chunks.length === 0) this.#add(bytes);
    else this.#copy(bytes);
  }

  #refusalOf(bytes: number): McpSseError | undefined {
    if (this.#size > this.#limit) return tooLarge();
    try {
      this.#budget.admit(bytes, this.#size);
      return undefined;
    } catch (error) {
      return McpSseError.from(error);
    }
  }

  #count(bytes: number): void {
    this.#counted += bytes;
    this.#budget.add(bytes);
  }

  #add(bytes: Buffer): void {
    this.#closeBlock();
    this.#chunks.push(bytes);
  }

  #copy(bytes: Buffer): void {
    if (this.#block && this.#block.used + bytes.length > BLOCK_BYTES) this.#closeBlock();
    this.#block ??= { bytes: Buffer.allocUnsafe(BLOCK_BYTES), used: 0 };
    this.#block.used += bytes.copy(this.#block.bytes, this.#block.used);
  }

  #closeBlock(): void {
    if (this.#block) this.#chunks.push(this.#block.bytes.subarray(0, this.#block.used));
    this.#block = undefined;
  }

  #join(): Buffer {
    this.#closeBlock();
    const [first] = this.#chunks;
    return this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
  }

  #end(state: 'whole' | 'cut' | 'dropped'): void {
    if (this.#state !== 'reading') return;
    this.#state = state;
    if (state !== 'whole') this.release();
    this.#settle?.();
  }
}

export function tooLarge(): McpSseError {
  return new McpSseError('message-too-large', 'the body is larger than limits.maxBodyBytes');
}
