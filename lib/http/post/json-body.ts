import { isUtf8 } from 'node:buffer';

import { parse } from 'content-type';

import { McpSseError } from '../../errors.js';
import type { McpSseRequest } from '../../session/request-facts.js';

const UTF8_NAMES: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii']);

/**
 * Refuses what is not JSON in UTF-8.
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

/** What is malformed has some other type: `parse` takes any text. */
function isJson(header: string): boolean {
  const { type, parameters } = parse(header);
  const { charset = 'utf-8' } = parameters;
  return type === 'application/json' && UTF8_NAMES.has(charset.toLowerCase());
}

/**
 * The JSON of a body: as a parser in front left it in `req.body` (an object, a string, a Buffer),
 * or else read here, at most `limit` bytes of it.
 *
 * @throws McpSseError `parse-error`, `message-too-large`, `unsupported-media-type`; `internal`
 * when something in front has read the body and kept it.
 */
export async function readJson(req: McpSseRequest, limit: number): Promise<unknown> {
  // [node] Express 4's parsers leave an empty object behind when they pass a body by.
  if (!req.readableDidRead) return parseBytes(await readBytes(req, limit));
  const { body } = req;
  if (Buffer.isBuffer(body)) return parseBytes(within(body, limit));
  if (typeof body === 'string') return parseText(within(body, limit));
  if (body === undefined) {
    throw new McpSseError(
      'internal',
      'something in front has read the body and not put it into req.body',
    );
  }
  return body;
}

function within<T extends string | Buffer>(body: T, limit: number): T {
  if (Buffer.byteLength(body) > limit) throw tooLarge();
  return body;
}

function readBytes(req: McpSseRequest, limit: number): Promise<Buffer> {
  const coding = req.headers['content-encoding'];
  if (coding !== undefined && coding !== 'identity') {
    const advice = 'Content-Encoding is not supported';
    return Promise.reject(new McpSseError('unsupported-media-type', advice));
  }
  if (Number(req.headers['content-length'] ?? 0) > limit) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else {
        // The rest is read and dropped, so that the client reads the answer instead of a reset.
        chunks.length = 0;
        reject(tooLarge());
      }
    });
    let whole = false;
    req.on('end', () => {
      whole = true;
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    });
    // Every request ends with `close`: an error is made only where one is due (4 % of a POST).
    const cut = (): void => {
      if (!whole) reject(new McpSseError('parse-error', 'the body was cut short'));
    };
    req.on('error', cut);
    req.on('close', cut);
    if (req.destroyed) cut();
  });
}

function parseBytes(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new McpSseError('parse-error', 'the body is not UTF-8');
  return parseText(bytes.toString('utf8'));
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Without the cause: its message quotes the input.
    throw new McpSseError('parse-error', 'the body is not JSON');
  }
}

function tooLarge(): McpSseError {
  return new McpSseError('message-too-large', 'the body is larger than limits.maxBodyBytes');
}
