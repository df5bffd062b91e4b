// Which test has killed each mutant before.
import { readFile, writeFile } from 'node:fs/promises';

import { format } from 'prettier';

import type { Mutant } from './mutant.js';

/** A spec, below `spec/`, and the name of a test in it. */
export type Killer = readonly [file: string, name: string];

const path = new URL('killers.json', import.meta.url);

/** By the names of mutants. */
export async function readKillers(): Promise<Partial<Record<string, Killer>>> {
  return JSON.parse(await readFile(path, 'utf8')) as Partial<Record<string, Killer>>;
}

/** Adds those that were found, and forgets those of mutants that are gone. */
export async function remember(
  found: ReadonlyMap<Mutant, { readonly file: string; readonly name: string } | undefined>,
  mutants: readonly Mutant[],
): Promise<void> {
  const known = await readKillers();
  for (const [{ name }, by] of found) if (by) known[name] = [by.file, by.name];
  const names = mutants.map(({ name }) => name).filter((name) => name in known);
  const sorted = Object.fromEntries(names.sort().map((name) => [name, known[name]]));
  await writeFile(path, await format(JSON.stringify(sorted), { parser: 'json', printWidth: 100 }));
}
