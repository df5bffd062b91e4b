// Chooses the part of an upstream's `WWW-Authenticate` that the client may see.

/** The most characters of a header to read, and of one value to pass on. */
const MAX_HEADER = 8 * 1024;
const MAX_VALUE = 512;

/** [spec] RFC 9110, 11.2: `name=value`, where the value is a token or quoted; or a scheme. */
const PART = /[\s,]*([!#$%&'*+\-.^_`|~\w]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/y;
/** [spec] RFC 6750, 3: printable ASCII without quotes and backslashes. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;
const NAMES = ['realm', 'scope', 'error', 'error_description', 'resource_metadata'];

/**
 * Rebuilds the first `Bearer` challenge of a header from the parameters that RFC 6750 and RFC 9728
 * define, in plain ASCII, at most 512 characters each. `resource_metadata` must be a URL of the
 * upstream's own origin: an upstream may speak for itself only. Undefined without a `Bearer`
 * challenge: `Basic` would make a browser ask its user for a password.
 */
export function bearerChallenge(header: string | null, upstream: URL): string | undefined {
  if (header === null || header.length > MAX_HEADER) return undefined;
  let isBearer = false;
  let found = false;
  const kept = new Map<string, string>();
  PART.lastIndex = 0;
  for (let part = PART.exec(header); part; part = PART.exec(header)) {
    const [, name = '', quoted, plain] = part;
    if (quoted === undefined && plain === undefined) {
      if (found) break;
      found = isBearer = name.toLowerCase() === 'bearer';
    } else if (isBearer) keep(kept, name.toLowerCase(), quoted ?? plain ?? '', upstream);
  }
  if (!found) return undefined;
  const parameters = [...kept].map(([name, value]) => `${name}="${value}"`);
  return ['Bearer', parameters.join(', ')].join(' ').trimEnd();
}

function keep(kept: Map<string, string>, name: string, value: string, upstream: URL): void {
  if (!NAMES.includes(name) || kept.has(name)) return;
  if (value.length > MAX_VALUE || !PLAIN.test(value)) return;
  if (name === 'resource_metadata' && !isOwn(value, upstream)) return;
  kept.set(name, value);
}

function isOwn(value: string, { origin }: URL): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  return url.origin === origin && url.username === '' && url.password === '';
}
