import type { Mutant } from './mutant.js';

const machine = 'http/guard/this-machine.spec.ts';
const proxies = 'http/guard/trust-proxy.spec.ts';
const hosts = 'http/guard/host.spec.ts';
const remembered = 'http/guard/origin-guard.spec.ts';
const origins = 'http/guard/origin.spec.ts';
const metadata = 'http/guard/fetch-metadata.spec.ts';
const paths = 'http/path-matching.spec.ts';
const principals = 'options/principal.spec.ts';
const answers = 'http/principal.spec.ts';

const guard = 'http/guard/origin-guard.ts';
const principal = 'options/principal.ts';

/** Who is let in by which name, and for whose page. */
const addressMutants: readonly Mutant[] = [
  {
    name: 'a local connection is one over loopback only',
    file: 'http/guard/this-machine.ts',
    find: '(isLoopbackAddress(remoteAddress) || remoteAddress === ends.localAddress)',
    replace: '(remoteAddress === undefined || isLoopbackAddress(remoteAddress))',
    specs: [machine],
  },
  {
    name: 'a Host that is remembered is admitted from elsewhere, too',
    file: guard,
    find: 'if (local && host === this.#localHost) return;',
    replace: 'if (host === this.#localHost) return;',
    specs: [remembered],
  },
  {
    name: 'the address of one connection is remembered for the others',
    file: guard,
    find: 'if (local && isLoopbackName(name)) {',
    replace: 'if (local && (isLoopbackName(name) || isOwnAddress(name, req.socket))) {',
    specs: [remembered],
  },
  {
    name: 'any address is a name of this machine',
    file: 'http/guard/this-machine.ts',
    find: 'address === parsedAddress(localAddress)?.toString();',
    replace: 'parsedAddress(localAddress) !== undefined;',
    specs: [machine],
  },
  {
    name: 'the Host need not be allowed if a trusted proxy forwards one',
    file: guard,
    find: 'if (local || forwarded.length === 0) {',
    replace: 'if (forwarded.length === 0) {',
    specs: [proxies],
  },
  {
    name: 'of the names that are forwarded only the first must be allowed',
    file: guard,
    find: 'of local ? forwarded : forwarded.slice(0, 1)',
    replace: 'of forwarded.slice(0, 1)',
    specs: [proxies],
  },
  {
    name: 'the forwarded names count, whoever forwards them',
    file: guard,
    find: "isPeerTrusted(exchange) ? forwardedValues(exchange, 'host') : []",
    replace: "forwardedValues(exchange, 'host')",
    specs: [proxies],
  },
  {
    name: 'a socket that is gone is taken for a Unix socket',
    file: guard,
    find: '  if (socket.destroyed) return true;\n',
    replace: '',
    specs: [machine],
  },
  {
    name: 'a proxy on a Unix socket is never asked from this machine',
    file: guard,
    find: 'return peer !== undefined && isLoopbackAddress(peer);',
    replace: 'return peer !== undefined && isLoopbackAddress(peer.slice(1));',
    specs: [proxies],
  },
  {
    name: 'the Host of HTTP/2 is not looked at beside :authority',
    file: guard,
    find: "if (':authority' in exchange.req.headers && host !== undefined) {",
    replace: "if (':authority' in exchange.req && host !== undefined) {",
    specs: [hosts],
  },
  {
    name: 'a star stands for any text',
    file: 'http/guard/allow-list.ts',
    find: '/^[\\w-]+$/.test(label)',
    replace: '/^.*$/.test(label)',
    specs: [hosts, origins],
  },
  {
    name: 'what stands before the star is not compared',
    file: 'http/guard/allow-list.ts',
    find: 'return text.startsWith(before) && ',
    replace: 'return ',
    specs: [origins],
  },
  {
    name: 'Fetch Metadata of the same site is as good as of the same origin',
    file: guard,
    find: "site !== 'same-origin' && site !== 'none';",
    replace: "site !== 'same-origin' && site !== 'none' && site !== 'same-site';",
    specs: [metadata],
  },
  {
    name: 'a request without an Origin is of no page',
    file: guard,
    find: "if (!foreign || allowedOrigins === '*') return false;",
    replace: 'if (allowedOrigins) return false;',
    specs: [metadata],
  },
  {
    name: 'an own origin is own, also when the browser says that it is not',
    file: guard,
    find: 'if (!foreign && isOwnOrigin(origin, exchange)) return false;',
    replace: 'if (isOwnOrigin(origin, exchange)) return false;',
    specs: [metadata],
  },
];

/** Which paths are served. */
const pathMutants: readonly Mutant[] = [
  {
    name: 'paths match in any case',
    file: 'http/routes.ts',
    find: 'return sensitive ? end : end.toLowerCase();',
    replace: 'return sensitive ? end.toLowerCase() : end.toLowerCase();',
    specs: [paths],
  },
  {
    name: 'paths match with a slash at the end',
    file: 'http/routes.ts',
    find: 'const end = strict ? path : path',
    replace: 'const end = strict === undefined ? path : path',
    specs: [paths],
  },
  {
    name: 'whatever stands before the path of an absolute URL is its origin',
    file: 'http/exchange.ts',
    find: 'url.replace(ORIGIN, ',
    replace: 'url.replace(ORIGIN.test(url) ? ORIGIN : /^https?:\\/\\/[^/?]*/i, ',
    specs: [paths],
  },
  {
    name: 'without an application paths match loosely',
    file: 'http/routes.ts',
    find: '    if (!app) return undefined;\n    const comparable = comparableBy(app);',
    replace: '    const comparable = comparableBy(app ?? new Map());',
    specs: [paths],
  },
];

/** What an error of the application may decide about its answer. */
const answerMutants: readonly Mutant[] = [
  {
    name: 'an error is answered with headers that frame the answer',
    file: 'http/http-error.ts',
    find: 'OURS.test(name) || ',
    replace: '',
    specs: ['http/thrown-statuses.spec.ts'],
  },
  {
    name: 'an error is answered with headers that are none',
    file: 'http/http-error.ts',
    find: 'return attempt(check, false);',
    replace: "return attempt(check, typeof value === 'string');",
    specs: ['http/thrown-statuses.spec.ts'],
  },
  {
    name: 'an error is answered with a message that it does not expose',
    file: 'http/http-error.ts',
    find: 'boom !== undefined || thrown.expose === true',
    replace: 'boom !== undefined || thrown.expose !== null',
    specs: ['http/thrown-statuses.spec.ts'],
  },
  {
    name: 'the status of a service that server() asks becomes ours',
    file: 'http/http-error.ts',
    find: "answerOf(cause, error.code === 'server-failed')",
    replace: 'answerOf(cause, false)',
    specs: ['http/thrown-statuses.spec.ts'],
  },
  {
    name: "a client is told that the session is another principal's",
    file: 'session/session-not-found.ts',
    find: "new McpSseError('session-not-found', 'no such session', { cause })",
    replace: "new McpSseError('session-not-found', reason ?? 'no such session', { cause })",
    specs: ['http/other-principal.spec.ts'],
  },
];

/** Who somebody is. */
const principalMutants: readonly Mutant[] = [
  {
    name: 'a number is no subject',
    file: principal,
    find: '      if (!isAbsent(value)) return textOf(',
    replace: "      if (typeof value !== 'number' && !isAbsent(value)) return textOf(",
    specs: [principals],
  },
  {
    name: 'numbers that JSON cannot tell apart are subjects',
    file: principal,
    find: 'Number.isSafeInteger(value)',
    replace: 'Number.isInteger(value)',
    specs: [principals],
  },
  {
    name: 'the issuer does not count',
    file: principal,
    find: 'JSON.stringify([issuer ?? null, ',
    replace: 'JSON.stringify([issuer && null, ',
    specs: [principals, answers],
  },
  {
    name: 'a lone client is everybody, whatever stands beside it',
    file: principal,
    find: '    refuseUnknownFields(holders);\n',
    replace: '    void refuseUnknownFields;\n',
    specs: [principals],
  },
  {
    name: 'a user that middleware leaves in req.user is anonymous',
    file: principal,
    find: 'if (user === undefined || user === null) return undefined;',
    replace: 'if (user !== null) return undefined;',
    specs: [principals],
  },
  {
    name: 'whatever security.principal returns is a principal',
    file: 'http/principal.ts',
    find: "if (answer === undefined || (typeof answer === 'string' && answer !== '')) return answer;",
    replace: 'if (answer !== 7) return answer as string;',
    specs: [answers],
  },
  {
    name: 'what a promise of security.principal holds is not looked at',
    file: 'http/principal.ts',
    find: 'Promise.resolve(answer).then(checked)',
    replace: '(answer as Promise<string>)',
    specs: [answers],
  },
];

/** Faults of the guard: addresses, websites, paths and principals. */
export const guardMutants: readonly Mutant[] = [
  ...addressMutants,
  ...pathMutants,
  ...answerMutants,
  ...principalMutants,
];
