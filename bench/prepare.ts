import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { builtEntry, peers, root, sources } from './paths.js';
import { subjects, type SubjectName } from './subjects/index.js';

/** Gets what the subjects need: the peers installed, the build as new as its sources. */
export function prepare(names: readonly SubjectName[]): void {
  const needs = new Set(names.map((name) => subjects[name].needs));
  if (needs.has('peers') && !peersInstalled()) run(peers, 'npm', 'ci', '--no-audit', '--no-fund');
  if (needs.has('build') && !built()) run(root, 'npm', 'run', 'build');
}

/** @throws Error that says what to do when so many sockets cannot be open at a time */
export function assertSocketsAllowed(sockets: number): void {
  // Node raises the soft limit to the hard one as it starts: only the hard one counts.
  const limit = process.platform === 'win32' ? Infinity : openFilesLimit();
  const needed = sockets + 100;
  if (needed > limit) {
    throw new Error(
      `${needed} open files are needed, and the limit is ${limit}: raise it ` +
        `(ulimit -n ${needed}), or take --quick, or fewer works (--only) or subjects (--subjects)`,
    );
  }
}

function openFilesLimit(): number {
  const text = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  return text === 'unlimited' ? Infinity : Number(text);
}

function peersInstalled(): boolean {
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', peers), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return Object.entries(dependencies).every(
    ([name, version]) => installedVersion(peers, name) === version,
  );
}

/** The version of a package as installed in a folder's node_modules. */
export function installedVersion(folder: URL, name: string): string | undefined {
  const file = new URL(`node_modules/${name}/package.json`, folder);
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function built(): boolean {
  if (!existsSync(builtEntry)) return false;
  const builtAt = statSync(builtEntry).mtimeMs;
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' });
  return files.every((file) => statSync(new URL(file, sources)).mtimeMs <= builtAt);
}

function run(folder: URL, command: string, ...args: string[]): void {
  console.log(`\n$ ${command} ${args.join(' ')}`);
  execFileSync(command, args, { cwd: fileURLToPath(folder), stdio: 'inherit' });
}
