// Bounds how large one message of an upstream may be.
import { HopError } from './hop-error.js';

/**
 * The response, with a body that fails with a `HopError` if a message is larger than `maxBytes`.
 */
export function bounded(response: Response, maxBytes: number): Response {
  const { body, headers, status, statusText } = response;
  if (!body) return response;
  const isStream = isEventStream(response);
  // The length of a compressed body does not limit its size after decompression.
  const length = headers.has('content-encoding')
    ? NaN
    : Number(headers.get('content-length') ?? NaN);
  if (!isStream && length <= maxBytes) return response;
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const event = new OpenEvent();
  let held = 0;
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const { done, value } = await reader.read();
    if (done) {
      controller.close();
      return;
    }
    held = isStream ? event.after(value) : held + value.length;
    if (held <= maxBytes) controller.enqueue(value);
    else {
      const tooLarge = `The upstream sent a message of over ${maxBytes} bytes`;
      controller.error(new HopError('invalid-answer', tooLarge));
      await reader.cancel();
    }
  };
  const cancel = (reason: unknown): Promise<void> => reader.cancel(reason);
  const stream = new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  return new Response(stream, { status, statusText, headers });
}

export const isEventStream = ({ headers }: Response): boolean =>
  /^\s*text\/event-stream\b/i.test(headers.get('content-type') ?? '');

const LF = 10;
const CR = 13;
/** [spec] A line ends with LF, CR LF or CR. Two line ends in a row end an event. */
const isBlank = (before: number, after: number): boolean =>
  (before === LF && (after === LF || after === CR)) || (before === CR && after === CR);
const BLANKS = ['\n\n', '\n\r', '\r\r'];

/** Counts the bytes of the event that is not complete yet. */
class OpenEvent {
  #held = 0;
  /** The last byte of the previous chunk. */
  #last = 0;

  after(chunk: Uint8Array): number {
    const { length } = chunk;
    const first = chunk[0] ?? 0;
    if (isBlank(this.#last, first)) this.#held = 0;
    this.#last = chunk[length - 1] ?? this.#last;
    if (isBlank(chunk[length - 2] ?? 0, this.#last)) this.#held = 0;
    else {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, length);
      const end = Math.max(...BLANKS.map((blank) => bytes.lastIndexOf(blank)));
      this.#held = end < 0 ? this.#held + length : length - end;
    }
    return this.#held;
  }
}
