// The bridge's options, documented, checked and completed once.
import { validateHeaderValue } from 'node:http';
import { basename } from 'node:path';

import { McpSseError } from '../errors.js';
import type { Session } from '../index.js';
import { attempt } from '../util/foreign-error.js';
import { isRecord } from '../util/guards.js';
import { MAX_DELAY_MS } from '../util/promises.js';
import { nearest } from '../util/spelling.js';
import { headerProblem } from './forwarded-headers.js';
import type { HopError } from './hop-error.js';

/** A stdio server. The bridge starts one for each session and ends it with the session. */
export interface UpstreamCommand {
  /** The program, run without a shell. */
  command: string;
  /** @defaultValue none */
  args?: readonly string[];
  /**
   * The environment of the program: names of variables to pass on from this process, or a record of
   * names and values. The bridge always passes `PATH` on, unless the record has its own: the system
   * finds programs and interpreters by it. The program inherits nothing else.
   * @defaultValue `[]`
   */
  env?: readonly string[] | Readonly<Record<string, string>>;
  /** The folder that the program runs in. @defaultValue that of this process */
  cwd?: string;
}

/**
 * The state of an upstream connection, as hooks, `stats()` and the diagnostics channel report it.
 */
export interface UpstreamState {
  /** `BridgeOptions.name`. */
  readonly upstream: string;
  /**
   * `idle`: the client has not sent `initialize`. `reconnecting`: lost or unreachable; the bridge
   * retries by itself. `failed`: lost, unreachable or refused; the bridge retries with the client's
   * next request.
   */
  readonly state: 'idle' | 'connecting' | 'open' | 'reconnecting' | 'failed' | 'closed';
  /** `legacy`: protocols up to 2025-11-25; undefined until it is known. */
  readonly era: 'legacy' | 'modern' | undefined;
  /** How often the bridge has reconnected. */
  readonly reconnects: number;
  /** The process id, if the upstream is a command that runs. */
  readonly pid: number | undefined;
}

/** Receives the events of upstream connections. The bridge ignores what a hook throws. */
export interface BridgeHooks {
  /** The state of a session's upstream connection has changed. */
  onUpstream?: (state: UpstreamState, session: Session) => unknown;
  /** The upstream did not answer a request, or failed otherwise. */
  onError?: (error: HopError, session: Session) => unknown;
  /**
   * A line of the command's stderr, or a line of its stdout that is not a message: without its line
   * end, and at most the first 8 KiB.
   */
  onStderr?: (line: string, session: Session) => unknown;
}

export interface BridgeOptions {
  /** The URL of an MCP server that speaks Streamable HTTP of any protocol, or a stdio server. */
  upstream: string | URL | UpstreamCommand;
  /**
   * The name of the upstream in `stats()`, on the diagnostics channel, on the dashboard and in
   * metrics: 1 to 80 characters. A path may contain a key, so the default has `…` in place of
   * segments with a digit and 20 or more characters.
   * @defaultValue the URL without its query, or the name of the command's file
   */
  name?: string;
  /**
   * Names of headers that the bridge forwards from client requests to the upstream, each with the
   * message of its request. Headers of the connection (`Host`, `Connection`, `Content-Length`,
   * `Cookie`, `Origin`, `Mcp-*`, `X-Forwarded-*`, …) are refused.
   * @defaultValue `[]`
   */
  forwardHeaders?: readonly string[];
  /**
   * The bridge's own headers for every request to the upstream; they override forwarded ones.
   * @defaultValue `{}`
   */
  headers?: Readonly<Record<string, string>>;
  /**
   * The protocol for the upstream: `'legacy'` passes the client's own 2024 or 2025 protocol on,
   * `'modern'` translates to 2026-07-28. `'auto'` translates for an upstream that refuses
   * `initialize`, or that gives no session and speaks 2026-07-28.
   * @defaultValue `'auto'`
   */
  era?: 'auto' | 'legacy' | 'modern';
  /** Milliseconds for the handshake with the upstream, starting a command included. @defaultValue 60,000 */
  connectTimeoutMs?: number;
  /**
   * Milliseconds that the upstream may stay silent about a client's request, and a client about a
   * request of the upstream. Progress counts as a sign of life.
   * @defaultValue 300,000
   */
  requestTimeoutMs?: number;
  /** Milliseconds to end an upstream's session; then a command is killed. @defaultValue 3,000 */
  closeTimeoutMs?: number;
  /** Bytes of one message of the upstream; a larger one fails. @defaultValue 16 MiB */
  maxMessageBytes?: number;
  /** Processes of a command at a time; one more session gets 503. @defaultValue 100 */
  maxProcesses?: number;
  /** Makes the requests to the upstream. @defaultValue `fetch` of Node */
  fetch?: typeof fetch;
  /** @defaultValue none */
  hooks?: BridgeHooks;
}

export type CommandSettings = Readonly<Required<Omit<UpstreamCommand, 'cwd' | 'env'>>> & {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
};

export interface BridgeSettings extends Readonly<
  Required<Omit<BridgeOptions, 'upstream' | 'fetch'>>
> {
  readonly upstream: URL | CommandSettings;
  readonly fetch: typeof fetch | undefined;
}

const DEFAULTS = {
  forwardHeaders: [],
  headers: {},
  era: 'auto' as const,
  connectTimeoutMs: 60_000,
  requestTimeoutMs: 300_000,
  closeTimeoutMs: 3_000,
  maxMessageBytes: 16 * 1024 * 1024,
  maxProcesses: 100,
  name: undefined,
  fetch: undefined,
  hooks: {},
};
const MAX_NAME = 80;
const NAME = /^\P{C}{1,80}$/u;
const NAMES = ['upstream', ...Object.keys(DEFAULTS)];
const COMMAND_NAMES = ['command', 'args', 'env', 'cwd'];
const HOOK_NAMES = ['onUpstream', 'onError', 'onStderr'];

/** @throws McpSseError `invalid-option`. */
export function parseOptions(options: BridgeOptions): BridgeSettings {
  if (!isRecord(options)) throw invalid('upstream is missing: bridge({ upstream: … })');
  checkNames(options, NAMES);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const all = { ...DEFAULTS, ...(Object.fromEntries(given) as unknown as BridgeOptions) };
  if (all.name !== undefined && !(isText(all.name) && NAME.test(all.name))) {
    throw invalid('name must be a string of 1 to 80 characters without control characters');
  }
  for (const name of ['connectTimeoutMs', 'requestTimeoutMs', 'closeTimeoutMs'] as const) {
    const ms = all[name];
    if (typeof ms !== 'number' || !(ms >= 1) || ms > MAX_DELAY_MS) {
      throw invalid(`${name} must be milliseconds, 1 to ${MAX_DELAY_MS}`);
    }
  }
  for (const name of ['maxMessageBytes', 'maxProcesses'] as const) {
    if (!Number.isSafeInteger(all[name]) || all[name] < 1) {
      throw invalid(`${name} must be a whole number above 0`);
    }
  }
  if (!['auto', 'legacy', 'modern'].includes(all.era)) {
    throw invalid("era must be 'auto', 'legacy' or 'modern'");
  }
  if (all.fetch !== undefined && typeof all.fetch !== 'function') {
    throw invalid('fetch must be a function');
  }
  checkHeaders(all.forwardHeaders, all.headers);
  checkHooks(all.hooks);
  const upstream = parseUpstream(all.upstream);
  const isUrl = upstream instanceof URL;
  const name = all.name ?? nameOf(upstream);
  const forwardHeaders = all.forwardHeaders.map((header) => header.toLowerCase());
  if (!isUrl && forwardHeaders.length + Object.keys(all.headers).length > 0) {
    throw invalid('forwardHeaders and headers are for upstreams with a URL');
  }
  return { ...all, upstream, name, forwardHeaders };
}

/** The default name, without possible secrets: query, arguments, and keys in the path. */
function nameOf(upstream: BridgeSettings['upstream']): string {
  if (!(upstream instanceof URL)) return basename(upstream.command).slice(0, MAX_NAME);
  const path = upstream.pathname.replace(/[^/]{20,}/g, (part) => (/\d/.test(part) ? '…' : part));
  return (upstream.origin + path).slice(0, MAX_NAME);
}

function parseUpstream(given: unknown): BridgeSettings['upstream'] {
  if (isRecord(given) && !(given instanceof URL)) return parseCommand(given);
  const text = given instanceof URL ? given.href : given;
  if (typeof text !== 'string' || !URL.canParse(text)) {
    throw invalid("upstream must be a URL such as 'https://tools.example/mcp', or { command }");
  }
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw invalid('the URL of upstream must begin with http: or https:');
  }
  if (url.username || url.password) {
    throw invalid('the URL of upstream must have no password: use headers');
  }
  return url;
}

function parseCommand(given: Record<string, unknown>): CommandSettings {
  checkNames(given, COMMAND_NAMES, 'upstream.');
  const { command, args = [], env = [], cwd } = given;
  if (!isText(command) || command === '')
    throw invalid('upstream.command must be the name or the path of a program');
  if (!Array.isArray(args) || !args.every(isText)) {
    throw invalid('upstream.args must be an array of strings');
  }
  if (cwd !== undefined && !isText(cwd)) throw invalid('upstream.cwd must be a path');
  return { command, args, cwd, env: environmentOf(env) };
}

/** What a process needs to be found and started, on any system. */
const ALWAYS = [
  'PATH',
  ...(process.platform === 'win32' ? ['PATHEXT', 'SYSTEMROOT', 'COMSPEC'] : []),
];

function environmentOf(env: unknown): Record<string, string> {
  const own = (names: readonly string[]): [string, string][] =>
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as [string, string]];
    });
  const isName = (name: unknown): name is string =>
    isText(name) && name !== '' && !name.includes('=');
  if (Array.isArray(env) && env.every(isName)) {
    return Object.fromEntries(own([...ALWAYS, ...env]));
  }
  if (!isRecord(env) || !Object.keys(env).every(isName) || !Object.values(env).every(isText)) {
    throw invalid('upstream.env must be an array of names, or an object of names and values');
  }
  return { ...Object.fromEntries(own(ALWAYS)), ...(env as Record<string, string>) };
}

function checkHeaders(names: unknown, own: unknown): void {
  if (!Array.isArray(names)) throw invalid('forwardHeaders must be an array of names');
  if (!isRecord(own)) throw invalid('headers must be an object of names and values');
  for (const name of names as unknown[]) {
    const problem = headerProblem(name);
    if (problem) throw invalid(`forwardHeaders: ${String(name)} ${problem}`);
  }
  const plain = Object.keys(own).map((name) => name.toLowerCase());
  const twice = plain.find((name, index) => plain.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(`headers: ${twice} is given twice`);
  for (const [name, value] of Object.entries(own)) {
    const problem = headerProblem(name);
    if (problem) throw invalid(`headers: ${name} ${problem}`);
    const sound = isText(value) && attempt(() => (validateHeaderValue(name, value), true), false);
    // Its value is left out: it may be a secret.
    if (!sound) throw invalid(`headers: ${name} has a value that no header can have`);
  }
}

function checkHooks(hooks: unknown): void {
  if (!isRecord(hooks)) throw invalid('hooks must be an object');
  checkNames(hooks, HOOK_NAMES, 'hooks.');
  for (const [name, hook] of Object.entries(hooks)) {
    if (hook !== undefined && typeof hook !== 'function') {
      throw invalid(`hooks.${name} must be a function`);
    }
  }
}

function checkNames(given: object, known: readonly string[], group = ''): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = nearest(unknown, known);
  const hint = meant === undefined ? '' : `. Did you mean ${group}${meant}?`;
  throw invalid(`unknown option ${group}${unknown}${hint}`);
}

/** Whether it is text without NUL, at which the system would cut it off. */
const isText = (value: unknown): value is string =>
  typeof value === 'string' && !value.includes('\0');

const invalid = (what: string): McpSseError => new McpSseError('invalid-option', `bridge: ${what}`);
