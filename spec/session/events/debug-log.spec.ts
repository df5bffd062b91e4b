import { expect, it } from 'vitest';

import { ScriptProcess } from '../../support/script-process.js';

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

// Kills: a log of the whole id, of an error's own text, of what was refused.
it('logs what happens with NODE_DEBUG=mcp-sse: no message, no whole session id', async () => {
  const { report, log } = await run({ NODE_DEBUG: 'mcp-sse' });
  const short = report.sessionId.slice(0, 6);
  const lines = log
    .trim()
    .replaceAll(/^MCP-SSE \d+: /gm, '')
    .split('\n');
  expect(lines).toEqual([
    `session ${short} opened`,
    `session ${short}: server-failed, caused by TypeError`,
    'onError failed: McpSseError',
    'refused: parse-error',
    expect.stringMatching(`^session ${short} closed: `),
    'shutting down',
    'shut down',
  ]);
  expect(log).not.toContain('what-the-message-says');
  expect(log).not.toContain(report.sessionId);
});

it('logs nothing otherwise, and a subscriber that throws does not disturb', async () => {
  const { report, log } = await run({});
  expect(log).toBe('');
  expect(report.answer).toContain('Internal error');
  // [node] It throws on the next tick, where nobody of this package is on the stack.
  expect(report.uncaught).toEqual(['of the subscriber']);
});
