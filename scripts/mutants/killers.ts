// Which test has killed each mutant before.
import { readFile, writeFile } from 'node:fs/promises';

import { format } from 'prettier';

import type { Test } from '../mutation-lane.js';
import type { Mutant } from './mutant.js';

/** A test as it is written down: its spec below `spec/`, its name, and how long it takes. */
export type Killer = readonly [file: string, name: string, ms: number];

const path = new URL('killers.json', import.meta.url);

/** By the names of mutants. */
export async function readKillers(): Promise<Partial<Record<string, Killer>>> {
  return JSON.parse(await readFile(path, 'utf8')) as Partial<Record<string, Killer>>;
}

/** Adds those that were found, and forgets those of mutants that are gone. */
export async function remember(
  found: ReadonlyMap<Mutant, Test | undefined>,
  mutants: readonly Mutant[],
): Promise<void> {
  const known = await readKillers();
  for (const [{ name }, by] of found) if (by) known[name] = [by.file, by.name, by.ms];
  const names = mutants.map(({ name }) => name).filter((name) => name in known);
  const sorted = Object.fromEntries(names.sort().map((name) => [name, known[name]]));
  await writeFile(path, await format(JSON.stringify(sorted), { parser: 'json', printWidth: 100 }));
}
