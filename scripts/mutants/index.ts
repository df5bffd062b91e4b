// All mutants, and those that have no place any more.
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import type { Mutant } from './mutant.js';

const OTHERS = ['index.ts', 'killers.ts', 'lane.ts', 'mutant.ts', 'probes.ts', 'seen.ts'];

/** What every other file of this folder exports. */
const lists = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith('.ts') && !OTHERS.includes(file))
  .map((file) => import(`./${file}`) as Promise<Record<string, readonly Mutant[]>>);

export const MUTANTS: readonly Mutant[] = (await Promise.all(lists)).flatMap((exported) =>
  Object.values(exported).flat(),
);

/** The mutants whose place in the sources, or whose spec, cannot be told any more. */
export async function rotten(mutants: readonly Mutant[]): Promise<Mutant[]> {
  const found: Mutant[] = [];
  for (const mutant of mutants) {
    const { file, find, specs } = mutant;
    const source = await read(`lib/${file}`);
    const texts = await Promise.all(specs.map((spec) => read(`spec/${spec}`)));
    if (source.split(find).length !== 2 || texts.includes('')) found.push(mutant);
  }
  return found;
}

function read(path: string): Promise<string> {
  return readFile(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8').catch(() => '');
}
