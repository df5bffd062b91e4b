import { CANARY, ID, type Bytes, type HostileCase, type Verdict } from './case.js';

export const HOST = 'Host: localhost';
export const JSON_TYPE = 'Content-Type: application/json';
export const QUERY = `sessionId=${ID}`;

/** A message that is right in itself. */
export const NOTE: string = JSON.stringify({
  jsonrpc: '2.0',
  method: 'note',
  params: { text: CANARY },
});

/** The lines of a head, and the blank line behind them. */
export const head = (...lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`;

export interface PostParts {
  readonly headers?: readonly string[];
  readonly body?: Bytes;
  readonly query?: string;
}

/** The bytes of a POST that is right in all that is not told. */
export function postOf({ headers = [HOST, JSON_TYPE], body = NOTE, query = QUERY }: PostParts): [
  string,
  Bytes,
] {
  const length = `Content-Length: ${String(Buffer.byteLength(body))}`;
  return [head(`POST /message?${query} HTTP/1.1`, ...headers, length), body];
}

export function post(name: string, parts: PostParts, verdict: Verdict): HostileCase {
  return { name, pieces: postOf(parts), verdict };
}

/** A POST whose head has these lines behind the Host and the type, and then `rest`. */
export const framed = (lines: readonly string[], rest: Bytes): [string, Bytes] => [
  head(`POST /message?${QUERY} HTTP/1.1`, HOST, JSON_TYPE, ...lines),
  rest,
];

export const get = (
  name: string,
  headers: readonly string[],
  verdict: Verdict,
  target = '/sse',
): HostileCase => ({ name, pieces: [head(`GET ${target} HTTP/1.1`, HOST, ...headers)], verdict });
