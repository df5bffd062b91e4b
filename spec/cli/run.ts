import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { onTestFinished } from 'vitest';

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const PROGRAM = pathOf('../../lib/cli/main.ts');
/** A stdio server, as the command line of the program wants it. */
export const SERVER = [process.execPath, pathOf('../bridge/programs/stdio-v1.mjs')];

export interface Run {
  readonly child: ChildProcess;
  out: string;
  err: string;
  readonly exit: Promise<unknown[]>;
}

/** Runs the program of the sources. */
export function run(...args: string[]): Run {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, ...args]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const started: Run = { child, out: '', err: '', exit: once(child, 'close') };
  child.stdout.on('data', (chunk: Buffer) => (started.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (started.err += chunk.toString()));
  return started;
}
