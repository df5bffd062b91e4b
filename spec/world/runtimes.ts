// How a row's program is started: by this Node, or by another runtime from its npm package.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Place } from './place.js';
import type { Row } from './rows.js';

const FLAGS = { bun: ['run'], deno: ['run', '--allow-all', '--node-modules-dir=manual'] } as const;

/** The command, or why there is none. */
export async function commandOf(
  { kind, name, program = name, node = [], runtime }: Row,
  place: Place,
): Promise<{ command: string; args: string[] } | string> {
  const main = ['./programs/main.mjs', kind, program];
  if (!runtime) return { command: process.execPath, args: [...node, ...main] };
  const command = join(place.root, 'node_modules/.bin', runtime);
  const version = await promisify(execFile)(command, ['--version']).then(
    ({ stdout }) => stdout,
    () => undefined,
  );
  if (version === undefined) return `the binary of the package ${runtime} does not run here`;
  return { command, args: [...FLAGS[runtime], ...main] };
}
