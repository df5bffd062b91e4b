// Counts checks that are done step by step, each with a line of its own, and runs programs for them.
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const readJson = async (path) => JSON.parse(await readFile(path, 'utf8'));

// `npx -p node@24 npm run …` leaves this to every npx below, which would then find no package.
delete process.env.npm_config_package;

let passed = 0;
let failed = 0;
let skipped = 0;

/** Runs one check, prints its line, and says whether it passed. */
export async function check(name, work) {
  try {
    await work();
    passed += 1;
    console.log(`ok ${name}`);
    return true;
  } catch (error) {
    failed += 1;
    // What a tool found wrong is on its stdout.
    const limit = error.killed ? 'killed at its time limit' : '';
    const report = [error.message, limit, error.stdout].filter(Boolean).join('\n').trimEnd();
    console.log(`not ok ${name}\n${report.replaceAll(/^/gm, '  ')}`);
    return false;
  }
}

/** Notes a check that cannot be made here, by its name and the reason. */
export function skip(name, reason) {
  skipped += 1;
  console.log(`skipped ${name}: ${reason}`);
}

export function run(cwd, command, ...args) {
  return promisify(execFile)(command, args, {
    cwd,
    timeout: 180_000,
    // npm and npx are scripts there.
    shell: process.platform === 'win32' && command !== process.execPath,
  });
}

/** What keeps an installation quiet and to itself. */
export const INSTALL_FLAGS = ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'];

/**
 * Packs the package into `folder` as `npm publish` would, or copies what was packed so before, if
 * the variable PACKED names it; the path of the tarball, if it works.
 */
export async function pack(folder) {
  const { PACKED } = process.env;
  const packed = await check('npm pack', () =>
    PACKED
      ? copyFile(PACKED, join(folder, basename(PACKED)))
      : run(root, 'npm', 'pack', '--pack-destination', folder),
  );
  if (!packed) return undefined;
  const [name] = await readdir(folder);
  return join(folder, name);
}

/** Does all of `work` in a folder that is gone afterwards, and prints how many checks passed. */
export async function inFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), 'express-mcp-sse-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  if (failed > 0 || passed === 0) process.exitCode = 1;
  const rest = skipped > 0 ? `, ${skipped} skipped` : '';
  console.log(`${passed} passed, ${failed} failed${rest}`);
}
