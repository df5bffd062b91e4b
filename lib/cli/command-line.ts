// Parses the command line of the program.
import { parseArgs } from 'node:util';

import { isLoopbackName } from '../util/guards.js';

export const USAGE = `Usage: express-mcp-sse bridge [options] <url>
       express-mcp-sse bridge [options] -- <command> [arguments]
       express-mcp-sse demo [--port N]

bridge serves MCP over HTTP+SSE in front of another MCP server: a URL that speaks Streamable HTTP,
or a command that speaks stdio and is started once for each session. demo starts a server with three
tools for clients of every era, at one URL that only this machine can reach.

  --port N               the port to listen on (3000; 0 is any free one)
  --host NAME            the address to listen on (127.0.0.1)
  --path PATH            the path of the stream (/sse); POSTs go to message in the same folder
  --name NAME            the name of the other server in the output and on the dashboard
  --header 'NAME: VALUE' a header for the URL, such as an API key; may be repeated. \${VARIABLE} is
                         replaced by a variable of the environment, which other users cannot see
  --forward-header NAME  a header of the client to pass on to the URL; may be repeated
  --env NAME             an environment variable to pass to the command, which gets only PATH
                         otherwise; may be repeated
  --cwd FOLDER           the working directory of the command
  --allow-host NAME      a host name that clients may use for this server; may be repeated
  --allow-origin ORIGIN  a website whose pages may use this server; may be repeated
  --redis URL            share sessions with other processes through Redis (needs the package redis)
  --dashboard            serve a page about the sessions at /dashboard, for this machine only
  --help                 print this help
  --version              print the version

Exit codes: 0 after SIGTERM or SIGINT, when all answers are sent; 1 if it cannot start or go on; 2 if
the command line is wrong.
`;

export interface BridgeArguments {
  readonly upstream: string | { command: string; args: string[]; env: string[]; cwd?: string };
  readonly name: string | undefined;
  readonly port: number;
  readonly host: string;
  readonly paths: { sse: string; message: string };
  readonly headers: Record<string, string>;
  readonly forwardHeaders: string[];
  readonly allowedHosts: string[] | undefined;
  readonly allowedOrigins: string[];
  readonly redis: string | undefined;
  readonly dashboard: boolean;
}

const NO_COMMAND = 'the command is missing: write express-mcp-sse bridge … or express-mcp-sse demo';

export interface DemoArguments {
  readonly demo: true;
  readonly port: number;
}

/** The command line is wrong; the message says how. */
export class UsageError extends Error {}

const text = { type: 'string' } as const;
const texts = { type: 'string', multiple: true, default: [] as string[] } as const;
const flag = { type: 'boolean', default: false } as const;

/** @throws UsageError */
export function parseCommandLine(
  args: readonly string[],
): BridgeArguments | DemoArguments | 'help' | 'version' {
  const [options, command] = split(args);
  const { values, positionals } = parsed(options);
  if (values.help) return 'help';
  if (values.version) return 'version';
  const [name, ...urls] = positionals;
  if (name === 'demo') return demoArguments(options, command);
  if (name !== 'bridge')
    throw new UsageError(
      name ? `unknown command "${name}": the commands are bridge and demo` : NO_COMMAND,
    );
  const { host, path } = values;
  if (values.dashboard && !isLoopbackName(host)) {
    throw new UsageError('--dashboard has no login, so --host must be a loopback address');
  }
  return {
    upstream: upstreamOf(urls, command, values),
    name: values.name,
    port: portOf(values.port),
    host,
    paths: { sse: path, message: path.replace(/[^/]*\/?$/, 'message') },
    headers: headersOf(values.header),
    forwardHeaders: values['forward-header'],
    allowedHosts: values['allow-host'].length > 0 ? values['allow-host'] : undefined,
    allowedOrigins: values['allow-origin'],
    redis: values.redis,
    dashboard: values.dashboard,
  };
}

function demoArguments(args: string[], command: readonly string[] | undefined): DemoArguments {
  const [only, more] = [{ port: { ...text, default: '3000' } }, 'demo takes --port only'];
  if (command) throw new UsageError(more);
  try {
    const { values, positionals } = parseArgs({ args, options: only, allowPositionals: true });
    if (positionals.length === 1) return { demo: true, port: portOf(values.port) };
  } catch (error) {
    if (error instanceof UsageError) throw error;
  }
  throw new UsageError(more);
}

/** The arguments before `--`, and those after it. */
function split(args: readonly string[]): [string[], string[] | undefined] {
  const end = args.indexOf('--');
  return end < 0 ? [[...args], undefined] : [args.slice(0, end), args.slice(end + 1)];
}

type Values = ReturnType<typeof parsed>['values'];

function parsed(args: string[]) {
  const options = {
    port: { ...text, default: '3000' },
    host: { ...text, default: '127.0.0.1' },
    path: { ...text, default: '/sse' },
    name: text,
    header: texts,
    'forward-header': texts,
    env: texts,
    cwd: text,
    'allow-host': texts,
    'allow-origin': texts,
    redis: text,
    dashboard: flag,
    help: flag,
    version: flag,
  };
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function upstreamOf(
  urls: readonly string[],
  command: readonly string[] | undefined,
  { env, cwd, header, 'forward-header': forwarded }: Values,
): BridgeArguments['upstream'] {
  const [url, ...more] = urls;
  if ((url === undefined) === (command === undefined) || more.length > 0) {
    throw new UsageError('pass one URL, or a command after --');
  }
  if (url !== undefined) {
    if (env.length > 0 || cwd !== undefined)
      throw new UsageError('--env and --cwd are for a command after --, not for a URL');
    return url;
  }
  if (header.length + forwarded.length > 0)
    throw new UsageError('--header and --forward-header are for a URL, not for a command');
  const pair = env.find((name) => name.includes('='));
  if (pair !== undefined)
    throw new UsageError('--env takes the name of a variable, which has its value already');
  const [program, ...args] = command ?? [];
  if (program === undefined) throw new UsageError('the command after -- is missing');
  return { command: program, args, env, ...(cwd !== undefined && { cwd }) };
}

function headersOf(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = /^([^\s:]+):\s*(.*?)\s*$/s.exec(line) ?? [];
    // The line is left out: it may have a secret.
    if (name === undefined || value === undefined)
      throw new UsageError("--header takes a name and a value: 'X-Key: value'");
    if (Object.keys(headers).some((other) => other.toLowerCase() === name.toLowerCase()))
      throw new UsageError(`--header: ${name} is given twice`);
    headers[name] = value.replace(/\$\{(\w+)\}/g, (_, variable: string) => valueOf(variable));
  }
  return headers;
}

function valueOf(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new UsageError(`the variable ${variable} is not set`);
  return value;
}

function portOf(given: string): number {
  const port = Number(given);
  if (/^\d+$/.test(given) && port <= 65_535) return port;
  throw new UsageError(`--port takes a number up to 65535, not "${given}"`);
}
