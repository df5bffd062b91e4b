// Encodes the events, comments and `retry:` of a `text/event-stream`, and makes its head.
import { McpSseError } from '../errors.js';

/** One event of a `text/event-stream`. */
export interface StreamEvent {
  /** The event's type; clients assume `message` if it is absent. */
  event?: string;
  /** The payload; each of its lines becomes one `data:` line. */
  data: string;
  /** The client sends it as `Last-Event-ID` when it reconnects. */
  id?: string;
  /** Milliseconds the client waits before it reconnects. */
  retry?: number;
}

/** An encoded event with its size on the wire, so that it is counted only once. */
export interface Frame {
  readonly text: string;
  /** UTF-8 bytes of `text`. */
  readonly bytes: number;
  /** Whether many sessions get this frame: they share one copy while it waits. */
  readonly shared?: boolean;
}

/**
 * The response head of a stream: a new object each time, because middleware that wraps `writeHead`
 * may change it.
 *
 * `no-transform` keeps `compression` from holding events back; `X-Accel-Buffering` does the same
 * for nginx.
 */
export function streamHead(): Record<string, string> {
  return {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-cache, no-transform',
    Connection: 'keep-alive',
    'X-Accel-Buffering': 'no',
  };
}

/** A comment without a blank line after it: some clients fail on a block without an event. */
export const KEEP_ALIVE = ': keep-alive\n';

const MESSAGE_PREFIX = 'event: message\ndata: ';
const FRAME_SUFFIX = '\n\n';
const OPENING_BRACE = 0x7b;
const MESSAGE_OVERHEAD = MESSAGE_PREFIX.length + FRAME_SUFFIX.length;

/**
 * Encodes one event.
 *
 * @throws McpSseError `invalid-event` if `event` or `id` contains a line break (or `id` a NUL), or
 * `retry` is not a whole number. Such an event is never repaired silently.
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
 * Encodes a lone `retry:`, which sets how long the client waits before it reconnects.
 *
 * @throws McpSseError `invalid-event` if `retry` is not a whole number of milliseconds.
 */
export function encodeRetry(retry: number): string {
  return `retry: ${digits(retry)}\n\n`;
}

/**
 * Percent-encodes the characters of a URL that some clients take for a line end, so that it can be
 * the `data` of an event.
 */
export function escapeUrl(url: string): string {
  return hasForeignLineEnd(url) ? url.replace(FOREIGN_LINE_ENDS, encodeURIComponent) : url;
}

/**
 * Encodes one JSON-RPC message.
 *
 * JSON text contains no raw line break and escapes lone surrogates, so one `data:` line is enough.
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
    return hasForeignLineEnd(json) ? json.replace(FOREIGN_LINE_ENDS, jsonEscape) : json;
  } catch (cause) {
    throw new McpSseError('not-serializable', 'the message is not serializable as JSON', { cause });
  }
}

/** [node] `JSON.stringify` returns undefined for a value without a JSON form; its type hides that. */
function assertObject(json: string | undefined): void {
  if (json?.charCodeAt(0) !== OPENING_BRACE) throw new TypeError('a message must be an object');
}

/**
 * [spec] WHATWG 9.2.6 has three line ends. Some clients in Python and Java split lines by their
 * language's own rules, also here: a message would be lost, or another one forged.
 */
const FOREIGN_LINE_ENDS = /[\u0085\u2028\u2029]/g;

/** Costs 0.06 µs for a message of 150 characters; the regular expression would cost 0.2 µs. */
function hasForeignLineEnd(text: string): boolean {
  return text.includes('\u0085') || text.includes('\u2028') || text.includes('\u2029');
}

function jsonEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function fieldValue(field: 'id' | 'event', value: string): string {
  // [spec] WHATWG 9.2.6: a line break would end the field; an id with NUL is ignored by clients.
  if (/[\r\n]/.test(value) || (field === 'id' && value.includes('\0'))) {
    throw new McpSseError(
      'invalid-event',
      `the ${field} of an event must not contain a line break`,
    );
  }
  return value;
}

function digits(retry: number): number {
  if (!Number.isSafeInteger(retry) || retry < 0) {
    throw new McpSseError('invalid-event', 'retry must be a whole number of milliseconds');
  }
  return retry;
}
