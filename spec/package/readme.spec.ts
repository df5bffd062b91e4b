import { expect, it } from 'vitest';

import { readText } from '../support/snippets.js';

const README = readText('README.md');
const PERFORMANCE = readText('docs/performance.md');

it('the README is short enough to be read to its end', () => {
  expect(Buffer.byteLength(README)).toBeLessThanOrEqual(14 * 1024);
  expect(README.trimEnd().split('\n').length).toBeLessThanOrEqual(220);
});

it('the README has the figures of the page on performance', () => {
  const [, request = ''] = PERFORMANCE.split('\n### calls-16x1\n');
  const cpuOf = (subject: string): string =>
    new RegExp(`^\\| \`?${subject}\`? +\\| +([\\d.]+)`, 'm').exec(request)?.[1] ?? 'none';
  const [, table = ''] = README.split('\n## How it compares\n');
  expect(table).toContain(`this package takes ${cpuOf('ours-in-front')}.`);
  const rows = [...table.matchAll(/^\| (.*?) *\|.*\| *([^|]*?) *\|$/gm)];
  const cpu = rows.slice(2).map(([, name, figure]) => [name, figure]);
  expect(cpu).toEqual([
    ['this package, SDK v1 / v2 server', `${cpuOf('ours-v1')} / ${cpuOf('ours-v2')}`],
    ['`SSEServerTransport`, SDK 1.32', cpuOf('sdk-v1')],
    ['the same in `server-legacy` 2.3', cpuOf('sdk-v2-legacy')],
    ['`express-mcp-handler` 0.3', 'not measured'],
    ['`better-sse` 0.16, not MCP', '–'],
    ['`mcp-go` 1.2, in Go', cpuOf('mcp-go')],
  ]);
});
