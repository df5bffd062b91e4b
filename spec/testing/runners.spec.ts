import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { expect, it, onTestFinished } from 'vitest';

import { ROOT, snippets } from '../support/snippets.js';

/** Runs a test runner to its end. */
async function run(...args: string[]): Promise<{ code: unknown; output: string }> {
  // Without the environment of the runner that runs this.
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, args, { cwd: ROOT, env: { PATH, HOME } });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  const output = (await Promise.all([text(child.stdout), text(child.stderr)])).join('');
  return { code: (await exit)[0], output };
}

it('works under node:test, and lets the process exit', async () => {
  const program = 'spec/support/programs/node-test.ts';
  const { code, output } = await run('--import', 'tsx', '--test-reporter', 'tap', program);
  expect(output).toMatch(/^# pass 3$/m);
  expect(code, output).toBe(0);
});

it('works under vitest, as the documentation shows it', { timeout: 300_000 }, async () => {
  const examples = snippets().filter(({ code }) => code.startsWith('// greet.test.ts\n'));
  const folder = join(ROOT, '.tmp', `vitest-${process.pid}`);
  await mkdir(folder, { recursive: true });
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [index, { code }] of examples.entries()) {
    await writeFile(join(folder, `greet-${index}.test.ts`), code);
  }
  // The application that the README's test imports is its server, without the port.
  const [server] = snippets().filter(({ code }) => code.startsWith('// server.mjs\n'));
  const app = server?.code.replace(/^app\.listen\([\s\S]+/m, 'export { app };\n');
  await writeFile(join(folder, 'app.js'), app ?? '');
  const config = join(folder, 'vitest.config.mjs');
  await writeFile(
    config,
    `export default { resolve: { alias: [
      { find: /^express-mcp-sse(\\/\\w+)?$/, replacement: '${ROOT}lib$1/index.ts' },
    ] } };`,
  );
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const { code, output } = await run(vitest, 'run', '--root', folder, '--config', config);
  expect(code, output).toBe(0);
  // That of the README, and that of the page on testing.
  expect(output).toMatch(/Test Files .*2 passed/);
  expect(output).toMatch(/Tests .*5 passed/);
});
