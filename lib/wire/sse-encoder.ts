import { McpSseError } from '../errors.js';

/** One event of a `text/event-stream`. */
export interface StreamEvent {
  /** The event's type; clients take `message` when it is absent. */
  event?: string;
  /** The payload; each of its lines becomes one `data:` line. */
  data: string;
  /** Comes back as `Last-Event-ID` when the client reconnects. */
  id?: string;
  /** Milliseconds the client waits before it reconnects. */
  retry?: number;
}

/** An encoded event with its size on the wire, so that nobody has to count again. */
export interface Frame {
  readonly text: string;
  /** UTF-8 bytes of `text`. */
  readonly bytes: number;
  /** It goes to many sessions: while it waits there is one copy of it, not one for each. */
  readonly shared?: boolean;
}

/**
 * The response head of a stream.
 *
 * `no-transform` keeps `compression` from holding events back, `X-Accel-Buffering` does the
 * same for nginx.
 */
export const STREAM_HEAD: Readonly<Record<string, string>> = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  Connection: 'keep-alive',
  'X-Accel-Buffering': 'no',
};

/** A comment as a line of its own: clients that stumble over a lone blank line see none. */
export const KEEP_ALIVE = ': keep-alive\n';

const MESSAGE_PREFIX = 'event: message\ndata: ';
const FRAME_SUFFIX = '\n\n';
const OPENING_BRACE = 0x7b;
const MESSAGE_OVERHEAD = MESSAGE_PREFIX.length + FRAME_SUFFIX.length;

/**
 * Encodes one event.
 *
 * @throws McpSseError `invalid-event` when `event` or `id` holds a line break (or `id` a NUL),
 * or `retry` is not a whole number: refused, never silently repaired.
 */
export function encodeEvent({ event, data, id, retry }: StreamEvent): string {
  let frame = '';
  if (id !== undefined) frame += `id: ${fieldValue('id', id)}\n`;
  if (event !== undefined) frame += `event: ${fieldValue('event', event)}\n`;
  if (retry !== undefined) frame += `retry: ${digits(retry)}\n`;
  // [spec] WHATWG 9.2.6: CR, LF and CRLF each end a line; a line of data needs a field of its own.
  for (const line of data.split(/\r\n|\r|\n/)) frame += `data: ${line}\n`;
  return frame + '\n';
}

/**
 * The frame of one JSON-RPC message.
 *
 * JSON text holds no raw line break and escapes lone surrogates, so it is one `data:` line.
 *
 * @throws McpSseError `not-serializable` for a cycle, a BigInt, `undefined` or a throwing `toJSON`.
 */
export function encodeMessage(message: unknown): Frame {
  const json = stringify(message);
  return {
    text: MESSAGE_PREFIX + json + FRAME_SUFFIX,
    bytes: Buffer.byteLength(json) + MESSAGE_OVERHEAD,
  };
}

function stringify(message: unknown): string {
  try {
    const json = JSON.stringify(message);
    assertObject(json);
    return json;
  } catch (cause) {
    throw new McpSseError('not-serializable', 'the message cannot be written as JSON', { cause });
  }
}

/** [node] `JSON.stringify` gives undefined for what has no JSON form, whatever its type says. */
function assertObject(json: string | undefined): void {
  if (json?.charCodeAt(0) !== OPENING_BRACE) throw new TypeError('a message must be an object');
}

function fieldValue(field: 'id' | 'event', value: string): string {
  // [spec] WHATWG 9.2.6: a line break would end the field; an id with NUL is ignored by clients.
  if (/[\r\n]/.test(value) || (field === 'id' && value.includes('\0'))) {
    throw new McpSseError('invalid-event', `the ${field} of an event must not hold a line break`);
  }
  return value;
}

function digits(retry: number): number {
  if (!Number.isSafeInteger(retry) || retry < 0) {
    throw new McpSseError('invalid-event', 'retry must be a whole number of milliseconds');
  }
  return retry;
}
