// The debug log, for `NODE_DEBUG=mcp-sse` and for `DEBUG=mcp-sse`.
import { debuglog, format, type DebugLogger } from 'node:util';

const NAME = 'mcp-sse';
/** The most characters of one entry: a message may quote a body of megabytes. */
const MAX_LENGTH = 10_000;

const nodeLog: DebugLogger = debuglog(NAME);
let enabled: boolean | undefined;

/** The log on stderr. Reads the environment once, with the first entry. */
export const debugLog = {
  /** Check it before you build an expensive text. */
  get enabled(): boolean {
    enabled ??= nodeLog.enabled || isNamedBy(process.env.DEBUG);
    return enabled;
  },

  /** Logs one entry. Indents all lines but the first: no text can forge an entry. */
  write(text: string, ...values: readonly (string | number)[]): void {
    if (!this.enabled) return;
    const line = onePiece(format(text, ...values));
    if (nodeLog.enabled) nodeLog('%s', line);
    else process.stderr.write(`MCP-SSE ${String(process.pid)}: ${line}\n`);
  },
};

/**
 * Whether `DEBUG` names this package, by the rules of the package `debug`: names between commas or
 * spaces, `*` for anything, and a minus in front of what is left out.
 */
export function isNamedBy(variable: string | undefined): boolean {
  const names = (variable ?? '').split(/[\s,]+/).filter((name) => name !== '');
  const matches = (name: string): boolean =>
    new RegExp(`^${name.split('*').map(escaped).join('.*')}$`).test(NAME);
  const isLeftOut = names.some((name) => name.startsWith('-') && matches(name.slice(1)));
  return !isLeftOut && names.some(matches);
}

const escaped = (text: string): string => text.replaceAll(/[^\w]/g, '\\$&');

/** Escapes control characters, which must not reach a terminal, and indents further lines. */
function onePiece(text: string): string {
  const short = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  return short
    .replaceAll(/(?![\n\t])\p{Cc}/gu, (character) => encodeURIComponent(character))
    .replaceAll('\n', '\n    ');
}
