import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { Report } from '../../scripts/report.js';

/** How long fetching and building the programs of one language may take together. */
const BUILD_MS = 240_000;

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What makes programs of the sources in `spec/clients/LANGUAGE/`. */
export interface ToolChain {
  readonly language: string;
  /** Of the folder of what was built, below `.tmp`. @defaultValue `clients-LANGUAGE` */
  readonly name?: string;
  /** Programs that must be there: each is run with these arguments. */
  readonly needs: readonly Command[];
  /** Fetches what the programs depend on into `target`. Without it there are no programs. */
  fetch(target: string): readonly Command[];
  /** Builds them into `target`; it needs no network. */
  build(target: string): readonly Command[];
}

/**
 * Fetches and builds, unless that was done for the same sources, and resolves to the folder of
 * what was built. Undefined, and reported as skipped, where the tool chain is missing, its registry
 * does not answer, or both take too long; a build that fails is a failure.
 */
export async function build(toolChain: ToolChain, report: Report): Promise<string | undefined> {
  const { language, name = `clients-${language}` } = toolChain;
  const clients = `clients in ${language}`;
  const target = fileURLToPath(new URL(`../../.tmp/${name}/`, import.meta.url));
  const problem = await problemOf(toolChain, target);
  if (!problem) return target;
  if (problem.skip) report.skip(clients, problem.reason);
  else report.add(clients, problem.reason);
  return undefined;
}

async function problemOf(
  toolChain: ToolChain,
  target: string,
): Promise<{ skip: boolean; reason: string } | undefined> {
  const { language, needs } = toolChain;
  const source = fileURLToPath(new URL(`./${language}/`, import.meta.url));
  const missing = await firstFailure(needs, source, deadlineIn(20_000));
  if (missing) return { skip: true, reason: `${missing.program}: ${missing.reason}` };
  const done = join(target, 'built');
  const hash = await hashOf(source);
  if ((await readFile(done, 'utf8').catch(() => '')) === hash) return undefined;
  await mkdir(target, { recursive: true });
  console.log(`building clients in ${language}`);
  const deadline = deadlineIn(BUILD_MS);
  const unfetched = await firstFailure(toolChain.fetch(target), source, deadline);
  if (unfetched) return { skip: true, reason: `not fetched: ${unfetched.reason}` };
  const unbuilt = await firstFailure(toolChain.build(target), source, deadline);
  if (unbuilt) return { skip: unbuilt.late, reason: `not built: ${unbuilt.reason}` };
  await writeFile(done, hash);
  return undefined;
}

interface Failure {
  readonly program: string;
  readonly reason: string;
  readonly late: boolean;
}

/** Runs one after the other until one fails. */
async function firstFailure(
  commands: readonly Command[],
  cwd: string,
  deadline: number,
): Promise<Failure | undefined> {
  for (const { program, args, env } of commands) {
    try {
      const timeout = Math.max(Math.ceil(deadline - performance.now()), 1);
      const options = { cwd, timeout, env: { ...process.env, ...env } };
      await promisify(execFile)(program, args, { ...options, maxBuffer: 64 * 1024 * 1024 });
    } catch (error) {
      const { killed, stdout, stderr } = error as {
        killed?: boolean;
        stdout?: string;
        stderr?: string;
      };
      const late = killed === true;
      const said = `${stdout ?? ''}\n${stderr ?? ''}`.trim() || String(error);
      const reason = late ? `${program} was not done in time` : said.slice(-500);
      return { program, reason, late };
    }
  }
  return undefined;
}

const deadlineIn = (ms: number): number => performance.now() + ms;

/** Of the names and texts of all files in `folder`. */
async function hashOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(fileOf);
  for (const file of files.sort()) hash.update(file).update(await readFile(file));
  return hash.digest('hex');
}

const fileOf = ({ parentPath, name }: { parentPath: string; name: string }): string =>
  join(parentPath, name);
