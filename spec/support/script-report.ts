import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs a TypeScript file in a process of its own, and returns the JSON that it prints last. */
export async function report<T>(script: string, args: readonly number[]): Promise<T> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', script, ...args.map(String)],
    { timeout: 300_000 },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
}
