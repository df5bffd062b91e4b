// Says in one line what is wrong with a value of an option, and what to write instead.
import { describeValue, hasMethod, isClass, isPromise, nameOf } from '../util/describe-value.js';
import { isRecord } from '../util/guards.js';

const KIB = 1024;
const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  sec: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SIZES: Readonly<Record<string, number>> = {
  b: 1,
  k: KIB,
  kb: KIB,
  kib: KIB,
  m: KIB ** 2,
  mb: KIB ** 2,
  mib: KIB ** 2,
  g: KIB ** 3,
  gb: KIB ** 3,
  gib: KIB ** 3,
};

/** Says what the number must be, what the value is instead, and how to write the likely intent. */
export function wrongNumber(name: string, value: unknown, canBeOff: boolean): string {
  const unit = unitOf(name);
  const needed =
    `must be ${unit === 'ms' ? 'milliseconds' : `a whole number${unit === 'bytes' ? ' of bytes' : ''}`}` +
    `, 1 or more${canBeOff ? ', or false' : ''}`;
  return `${needed}; it is ${describeValue(value)}${remedy(value, unit, canBeOff)}`;
}

function remedy(value: unknown, unit: 'ms' | 'bytes' | undefined, canBeOff: boolean): string {
  const off = canBeOff ? 'false turns it off' : 'it cannot be turned off: a large number will do';
  if (isPromise(value)) return ': await it first';
  if (value === null) return ': leave it out for the default';
  if (Number.isNaN(value)) return ': is the variable that it comes from set?';
  if (value === Infinity || value === 0 || value === -1) return `: ${off}`;
  if (value === true) return ': leave it out for the default';
  if (value === false) return `: ${off}`;
  if (typeof value === 'bigint') return ': write it without the n';
  if (typeof value !== 'string') return '';
  const meant = unit ? inUnits(value, unit === 'ms' ? UNITS : SIZES) : inUnits(value, { '': 1 });
  return meant === undefined ? '' : `: write ${String(meant)}, without quotes`;
}

/** Reads `'30s'` as 30000 and `'4mb'` as 4194304; undefined for any other text. */
function inUnits(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?)([a-z]{0,3})$/i.exec(
    text.replaceAll(/[\s_,]/g, ''),
  ) ?? ['', ''];
  const factor = unit === '' ? 1 : units[unit.toLowerCase()];
  const meant = Math.round(Number(digits) * (factor ?? NaN));
  return digits !== '' && meant >= 1 ? meant : undefined;
}

function unitOf(name: string): 'ms' | 'bytes' | undefined {
  if (name.endsWith('Ms')) return 'ms';
  return name.endsWith('Bytes') ? 'bytes' : undefined;
}

/** Says why the value cannot be the options; undefined if it can. */
export function wrongOptions(given: unknown): string | undefined {
  if (isPromise(given)) return `the options are a promise: await it first`;
  if (typeof given === 'function') return wrongFunction(given);
  if (!isRecord(given)) {
    return `the options must be an object; they are ${describeValue(given)}: write mcpSse() or mcpSse({ … })`;
  }
  if (isServer(given)) {
    return (
      'this is an MCP server, and each session needs one of its own: ' +
      'pass a function that makes it, as in mcpSse({ server: () => createMcpServer() })'
    );
  }
  if (hasMethod(given, 'join')) return 'this is an adapter: write mcpSse({ adapter })';
  if (hasMethod(given, 'listen')) return 'this is an HTTP server: write app.use(mcpSse({ … }))';
  return undefined;
}

function wrongFunction(given: object): string {
  if (hasMethod(given, 'use') && hasMethod(given, 'handle')) {
    return 'this is an application or a router: it uses what mcpSse() returns, app.use(mcpSse({ … }))';
  }
  const own = isClass(given) ? `() => new ${nameOf(given, 'MyServer')}(…)` : 'fn';
  return (
    `the options must be an object; they are ${describeValue(given)}: ` +
    (own === 'fn'
      ? 'write mcpSse({ server: fn }) if it makes an MCP server, ' +
        'mcpSse({ handler: fn }) if it answers messages'
      : `write mcpSse({ server: ${own} })`)
  );
}

/** Says why the value cannot be a server factory. */
export function wrongFactory(value: unknown): string {
  const needed = 'must be a function that returns a new MCP server for each session';
  const example = 'server: () => createMcpServer()';
  if (isPromise(value)) return `${needed}; it is a promise: the function may be async, ${example}`;
  if (isClass(value)) {
    return `${needed}; it is ${describeValue(value)}: write server: () => new ${nameOf(value, 'MyServer')}(…)`;
  }
  const reason = isServer(value) ? ' (one server object can serve one session only)' : '';
  return `${needed}${reason}; it is ${describeValue(value)}: write ${example}`;
}

/** Says why the value cannot be an adapter. */
export function wrongAdapter(value: unknown): string {
  const needed = 'must be an adapter, such as redisAdapter(client)';
  if (isPromise(value)) return `${needed}; it is a promise: await it first`;
  if (typeof value === 'function') {
    return `${needed}; it is a function: call it, and pass what it returns`;
  }
  if (hasMethod(value, 'publish')) {
    return `${needed}; it is a client: write adapter: redisAdapter(client) or natsAdapter(connection)`;
  }
  if (hasMethod(value, 'leave')) {
    return `${needed}; it has been joined already: pass what redisAdapter() or localAdapter() returned`;
  }
  return `${needed}; it is ${describeValue(value)}`;
}

const isServer = (value: unknown): boolean =>
  hasMethod(value, 'connect') && hasMethod(value, 'close');
