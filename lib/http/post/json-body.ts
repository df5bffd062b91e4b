// Gets the JSON of a body, read here or by a parser in front.
import { isUtf8 } from 'node:buffer';

import { parse } from 'content-type';

import { McpSseError } from '../../errors.js';
import type { McpSseRequest } from '../../session/request-facts.js';
import { isTooDeep, MAX_NESTING, parsedSizeOf } from '../../wire/json-size.js';
import { BodyReader, tooLarge, type BodyBudget } from './body-reader.js';

const UTF8_NAMES: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii']);

/**
 * Refuses a body that is not JSON in UTF-8.
 *
 * @throws McpSseError `unsupported-media-type`.
 */
export function checkContentType(req: McpSseRequest): void {
  const header = req.headers['content-type'];
  if (header === 'application/json') return;
  if (header === undefined || !isJson(header)) {
    throw new McpSseError('unsupported-media-type', 'Content-Type must be application/json');
  }
}

/** `parse` accepts any text: a malformed header has some other type. */
function isJson(header: string): boolean {
  const { type, parameters } = parse(header);
  const { charset = 'utf-8' } = parameters;
  return type === 'application/json' && UTF8_NAMES.has(charset.toLowerCase());
}

/** Takes the body from this tick on; undefined if middleware in front has read any of it. */
export function unreadBody(
  req: McpSseRequest,
  limit: number,
  budget: BodyBudget,
): BodyReader | undefined {
  // [node] Express 4's parsers set `req.body` to an empty object even if they skip a body, so it
  // proves nothing.
  return req.readableDidRead ? undefined : new BodyReader(req, limit, budget);
}

/** A parsed body, and an estimate of its bytes of memory. */
export interface JsonBody {
  readonly json: unknown;
  readonly bytes: number;
}

/** Bytes of memory assumed for each declared byte of a body that a parser in front has read. */
const PARSED_FACTOR = 8;

/**
 * Returns the JSON of a body of at most `limit` bytes: read here, or from `req.body` (an object, a
 * string, a Buffer) if a parser in front has read it.
 *
 * @throws McpSseError `parse-error`, `message-too-large`, `over-budget`, `unsupported-media-type`;
 * `internal` if middleware in front has read the body without setting `req.body`.
 */
export async function readJson(
  req: McpSseRequest,
  unread: BodyReader | undefined,
  limit: number,
  budget: BodyBudget,
): Promise<JsonBody> {
  if (unread) {
    checkHead(req, limit);
    return parseBytes(await unread.read(), budget);
  }
  const { body } = req;
  if (Buffer.isBuffer(body)) return parseBytes(within(body, limit), budget);
  if (typeof body === 'string') return parseBytes(Buffer.from(within(body, limit)), budget);
  if (body === undefined) {
    throw new McpSseError(
      'internal',
      'middleware in front has read the body of this POST without setting req.body: mount ' +
        'mcpSse() in front of it, call next() before it awaits anything, or let it set req.body',
    );
  }
  if (isTooDeep(body)) throw tooDeep();
  return { json: body, bytes: PARSED_FACTOR * Number(req.headers['content-length'] ?? 0) };
}

function within<T extends string | Buffer>(body: T, limit: number): T {
  if (Buffer.byteLength(body) > limit) throw tooLarge();
  return body;
}

/** Refuses a body by its headers alone, if these are enough. */
function checkHead({ headers }: McpSseRequest, limit: number): void {
  const coding = headers['content-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    throw new McpSseError(
      'unsupported-media-type',
      'Content-Encoding is not supported: send the body uncompressed',
    );
  }
  if (Number(headers['content-length'] ?? 0) > limit) throw tooLarge();
}

function parseBytes(text: Buffer, budget: BodyBudget): JsonBody {
  if (!isUtf8(text)) throw new McpSseError('parse-error', 'the body is not UTF-8');
  const bytes = parsedSizeOf(text);
  if (bytes === Infinity) throw tooDeep();
  // Before parsing: brackets take twenty times their length.
  budget.admit(bytes);
  return { json: parseText(text.toString('utf8')), bytes };
}

function tooDeep(): McpSseError {
  const advice = `the body is nested deeper than ${String(MAX_NESTING)} levels`;
  return new McpSseError('invalid-message', advice);
}

/** [spec] RFC 8259, 8.1: a parser may ignore a byte order mark; the official transports do. */
const BYTE_ORDER_MARK = 0xfeff;

function parseText(text: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text) as unknown;
  } catch {
    // Without a cause: its message would quote the input.
    throw new McpSseError('parse-error', 'the body is not JSON');
  }
}
