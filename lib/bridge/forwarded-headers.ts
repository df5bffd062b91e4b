// Which headers of the client's requests go on to the upstream.
import type { IncomingHttpHeaders } from 'node:http';

export type HeaderRecord = Readonly<Record<string, string>>;

/** [spec] RFC 9110 5.6.2: the characters of a field name. */
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/;

/** Headers that describe one connection or one body, or that only a browser or a proxy may set. */
const REFUSED: ReadonlySet<string> = new Set([
  ...[
    'connection',
    'keep-alive',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'http2-settings',
  ],
  ...['host', 'expect', 'date', 'range', 'accept', 'accept-encoding', 'last-event-id'],
  ...['content-length', 'content-type', 'content-encoding', 'content-range'],
  ...['cookie', 'cookie2', 'set-cookie', 'origin', 'referer'],
  ...['via', 'forwarded', 'x-real-ip'],
]);
const REFUSED_PREFIXES = ['proxy-', 'sec-', 'mcp-', 'x-forwarded-', 'access-control-', 'if-'];

/** Why the header with that lower-case name may not go to the upstream; undefined if it may. */
export function headerProblem(name: unknown): string | undefined {
  if (typeof name !== 'string' || !TOKEN.test(name)) return 'is no name of a header';
  const plain = name.toLowerCase();
  if (REFUSED.has(plain) || REFUSED_PREFIXES.some((prefix) => plain.startsWith(prefix))) {
    return 'belongs to the connection between the client and this server';
  }
  return undefined;
}

/** Whether two requests brought the same headers. */
export function areSameHeaders(one: HeaderRecord, other: HeaderRecord): boolean {
  const names = Object.keys({ ...one, ...other });
  return names.every((name) => one[name] === other[name]);
}

/** The listed headers of a request, by their lower-case names. */
export function pickHeaders(
  names: readonly string[],
  headers: Readonly<Partial<IncomingHttpHeaders>>,
): HeaderRecord {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = headers[name];
    if (value !== undefined) picked[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return picked;
}
