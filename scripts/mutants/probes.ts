// Puts a probe into each function that a mutant changes, which notes that it is called: so it is known
// which tests can notice the mutant. What is in no function is seen by all who load it.
import ts from 'typescript';

import type { Mutant } from './mutant.js';

interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** The source of a file of lib with a probe for each of its mutants. */
export function probed(source: string, mutants: readonly Mutant[]): string {
  const tree = ts.createSourceFile('lib.ts', source, ts.ScriptTarget.Latest, true);
  return mutants
    .flatMap((mutant) => probe(tree, source, mutant))
    .sort((one, other) => other.at - one.at)
    .reduce((text, { at, text: put }) => text.slice(0, at) + put + text.slice(at), source);
}

function probe(tree: ts.SourceFile, source: string, mutant: Mutant): Insertion[] {
  const body = bodyAround(tree, placeOf(source, mutant));
  if (!body) return [];
  const call = `Reflect.get(globalThis, 'seenMutants')?.add(${JSON.stringify(mutant.name)})`;
  if (ts.isBlock(body)) return [{ at: body.getStart() + 1, text: `${call};` }];
  return [
    { at: body.getStart(), text: `(${call}, ` },
    { at: body.getEnd(), text: ')' },
  ];
}

/** Where the mutant begins to differ from the source. */
function placeOf(source: string, { find, replace }: Mutant): number {
  let same = 0;
  while (same < find.length - 1 && find[same] === replace[same]) same += 1;
  return source.indexOf(find) + same;
}

/** The body of the innermost function around a place. */
function bodyAround(node: ts.Node, place: number): ts.ConciseBody | undefined {
  const inner = node.getChildren().find((it) => it.getFullStart() <= place && place < it.getEnd());
  const found = inner && bodyAround(inner, place);
  return found ?? (ts.isFunctionLike(node) && 'body' in node ? node.body : undefined);
}
