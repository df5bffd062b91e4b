import { readdirSync } from 'node:fs';

import ts from 'typescript';
import { expect, it } from 'vitest';

import { readText, ROOT } from '../support/snippets.js';

const TESTS = new Set(['describe', 'it', 'test']);
/** For what parses all specs. */
const SLOW = { timeout: 60_000 };

it('every number that a test name cites is on the scenarios page', SLOW, () => {
  const listed = new Set(listedNumbers());
  const unknown = [...citations()].filter(([number]) => !listed.has(number));
  expect(unknown).toEqual([]);
});

it('every scenario is cited by the name of a test', SLOW, () => {
  const cited = citations();
  expect(listedNumbers().filter((number) => !cited.has(number))).toEqual([]);
});

it('the scenarios are numbered without a gap', () => {
  const numbers = listedNumbers();
  expect(numbers.length).toBeGreaterThan(0);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
});

it('finds numbers in titles, in rows of tables, and nowhere else', () => {
  const source = `
    describe('[1] [2] a group', () => {
      it.skipIf(no)('[3][4] one', () => expect('[91] nothing').toBe(list[92]));
      it.each([['two values [5]', '[93]'], ['sessionId[94]=x']])(\`[6] %s\`, () => {});
    });
    other('[95] no test');`;
  expect(numbersIn(titlesOf('a.spec.ts', source))).toEqual([1, 2, 3, 4, 5, 6]);
});

function listedNumbers(): number[] {
  const items = readText('docs/scenarios.md').matchAll(/^(\d+)\. /gm);
  return [...items].map(([, number]) => Number(number));
}

/** The numbers that test names cite, each with the files that cite it. */
function citations(): Map<number, string[]> {
  if (cited) return cited;
  cited = new Map();
  const files = readdirSync(`${ROOT}spec`, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.spec.ts'))) {
    for (const number of numbersIn(titlesOf(file, readText(`spec/${file}`)))) {
      cited.set(number, [...(cited.get(number) ?? []), file]);
    }
  }
  return cited;
}
let cited: Map<number, string[]> | undefined;

/** `[17]` stands by itself: at the beginning, or behind a space or another number. */
function numbersIn(titles: readonly string[]): number[] {
  const found = titles.flatMap((title) => [...title.matchAll(/(?<=^|[\s\]])\[(\d+)\]/g)]);
  return [...new Set(found.map(([, number]) => Number(number)))].sort((a, b) => a - b);
}

/** The titles of tests and groups, and the texts in the tables of `each`. */
function titlesOf(file: string, text: string): string[] {
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && TESTS.has(rootOf(node.expression))) {
      for (const argument of node.arguments) collectTexts(argument, titles);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  // A row of JSON is no title.
  return titles.filter((title) => /\p{L}/u.test(title));
}

/** `it` of `it.skipIf(…).each(…)`. */
function rootOf(callee: ts.Expression): string {
  if (ts.isIdentifier(callee)) return callee.text;
  if (ts.isPropertyAccessExpression(callee) || ts.isCallExpression(callee)) {
    return rootOf(callee.expression);
  }
  return '';
}

function collectTexts(node: ts.Node, texts: string[]): void {
  if (ts.isStringLiteralLike(node)) texts.push(node.text);
  else if (ts.isTemplateExpression(node)) {
    texts.push(node.head.text, ...node.templateSpans.map(({ literal }) => literal.text));
  } else if (ts.isArrayLiteralExpression(node)) {
    for (const element of node.elements) collectTexts(element, texts);
  } else if (ts.isAsExpression(node)) collectTexts(node.expression, texts);
}
