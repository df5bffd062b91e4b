#!/usr/bin/env node
// The program `express-mcp-sse`.
import { readFileSync } from 'node:fs';

import { parseCommandLine, USAGE, UsageError } from './command-line.js';

/** What each command needs besides Express. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  bridge: ['@modelcontextprotocol/client'],
  demo: ['@modelcontextprotocol/server', '@modelcontextprotocol/node'],
};

process.exitCode = await main(process.argv.slice(2));

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const wanted = parseCommandLine(args);
    if (wanted === 'help') process.stdout.write(USAGE);
    else if (wanted === 'version') process.stdout.write(`${version()}\n`);
    else if ('demo' in wanted) {
      // Both commands load late, because they need packages that may be missing.
      const { runDemo } = await import('./demo-command.js');
      await runDemo(wanted);
    } else {
      const { runBridge } = await import('./bridge-command.js');
      await runBridge(wanted);
    }
    return 0;
  } catch (error) {
    const isUsage = error instanceof UsageError || codeOf(error) === 'invalid-option';
    process.stderr.write(`express-mcp-sse: ${explain(error, args[0])}\n`);
    if (isUsage) process.stderr.write('See express-mcp-sse --help\n');
    return isUsage ? 2 : 1;
  }
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function explain(error: unknown, command = ''): string {
  const message = error instanceof Error ? error.message : String(error);
  const missing = /^Cannot find package '([^']+)'/.exec(message)?.[1];
  if (codeOf(error) !== 'ERR_MODULE_NOT_FOUND' || missing === undefined) return message;
  const packages = [...new Set([...(NEEDS[command] ?? []), missing])].map((name) => `-p ${name}`);
  const again = `npx -p express-mcp-sse ${packages.join(' ')} express-mcp-sse ${command} …`;
  // npx skips packages that the project around it has, but Node looks for them beside this package.
  return `this needs the package ${missing}. Install both, or run in an empty folder:\n  ${again}`;
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
