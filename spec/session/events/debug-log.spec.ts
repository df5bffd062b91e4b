// Alone: the package asks for the log once, when it is loaded.

import { createRequire } from 'node:module';

import { expect, it, onTestFinished, vi } from 'vitest';

import { debugLog, isNamedBy } from '../../../lib/session/events/debug-log.js';
import { ScriptProcess } from '../../support/script-process.js';

/** The package `debug` itself, which Express brings along without its types. */
const createDebug = createRequire(import.meta.url)('debug') as {
  enable(names: string): void;
  enabled(name: string): boolean;
  disable(): void;
};

interface Report {
  readonly sessionId: string;
  readonly answer: string;
  readonly uncaught: string[];
}

/** Runs the program to its end: what it printed, and what was logged. */
async function run(env: Record<string, string>): Promise<{ report: Report; log: string }> {
  const script = new ScriptProcess('spec/support/programs/told-server.ts', 0, env);
  const { code } = await script.ended;
  expect(code, script.stderr).toBe(0);
  return { report: JSON.parse(script.stdout), log: script.stderr };
}

// Kills: a log of the whole id, of what was refused, of a failure without its stack.
it.each<[string, Record<string, string>]>([
  ['NODE_DEBUG=mcp-sse', { NODE_DEBUG: 'mcp-sse' }],
  ['DEBUG=mcp-sse', { DEBUG: 'express:*,mcp-sse' }],
  ['both', { NODE_DEBUG: 'mcp-sse', DEBUG: '*,-express:*,-body-parser:*,-router*,-finalhandler' }],
])('logs events with %s, without whole session ids', async (_, env) => {
  const { report, log } = await run(env);
  const short = report.sessionId.slice(0, 6);
  const lines = log
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('MCP-SSE') || line.startsWith('    '))
    .map((line) => line.replace(/^MCP-SSE \d+: /, ''));
  const stack = /^ {4,}at /;
  expect(lines.filter((line) => !stack.test(line))).toEqual([
    `session ${short} opened`,
    expect.stringMatching(`^session ${short}: server-failed: I cannot take \\{.*what-the-message`),
    expect.stringMatching(/^ {4}TypeError: I cannot take \{.*what-the-message/),
    expect.stringMatching(/^onError failed: McpSseError: I cannot take/),
    expect.stringMatching(/^ {4}caused by TypeError: I cannot take/),
    'refused: parse-error: the body is not JSON',
    expect.stringMatching(`^session ${short} closed: `),
    'shutting down',
    'shut down',
  ]);
  expect(lines.filter((line) => stack.test(line)).length).toBeGreaterThan(2);
  expect(log).not.toContain(report.sessionId);
});

it('logs nothing by default, and survives a subscriber that throws', async () => {
  const { report, log } = await run({ DEBUG: '*,-mcp-*,-express:*,-body-parser:*,-router*' });
  expect(log).not.toContain('MCP-SSE');
  expect(report.answer).toContain('Internal error');
  // [node] It throws on the next tick, where nobody of this package is on the stack.
  expect(report.uncaught).toEqual(['of the subscriber']);
});

it.each<[string | undefined, boolean]>([
  [undefined, false],
  ['', false],
  ['mcp-sse', true],
  ['*', true],
  ['mcp*', true],
  ['*sse', true],
  ['m*-*e', true],
  ['express:*, mcp-sse', true],
  ['express:* mcp-sse', true],
  ['*,-mcp-sse', false],
  ['-mcp-*,mcp-sse', false],
  ['*,-express:*', true],
  ['mcp', false],
  ['mcp-sse:*', false],
  ['mcp.sse', false],
  ['MCP-SSE', false],
  ['true', false],
  ['1', false],
  ['-', false],
  ['(', false],
])('reads DEBUG=%s as the package `debug` does: %s', (variable, isNamed) => {
  createDebug.enable(variable ?? '');
  expect(createDebug.enabled('mcp-sse')).toBe(isNamed);
  createDebug.disable();
  expect(isNamedBy(variable)).toBe(isNamed);
});

it('cannot be forged, contains no control characters, and is bounded', () => {
  const lines: string[] = [];
  vi.stubEnv('DEBUG', 'mcp-sse');
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });
  debugLog.write('failed: %s', `one\nMCP-SSE 1: shut down\r\u001b[2J${'x'.repeat(100_000)}`);
  const [line = ''] = lines;
  expect(line).toContain('failed: one\n    MCP-SSE 1: shut down%0D%1B[2Jxxx');
  expect(line.length).toBeLessThan(11_000);
});
