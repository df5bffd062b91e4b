import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { expect, it } from 'vitest';

import { readText, ROOT } from '../support/snippets.js';

/** What follows the `#` in links to a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

const docs = readdirSync(`${ROOT}docs`, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'examples/README.md', ...docs];

/** What can stand behind the `#` of a link to this page. */
function anchorsOf(file: string): string[] {
  const text = readText(file);
  const ids = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id!);
  const counts = new Map<string, number>();
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => {
    const anchor = anchorOf(heading!);
    const before = counts.get(anchor) ?? 0;
    counts.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
  return [...ids, ...headings];
}

it.each(pages)('every link of %s inside the repository leads somewhere', (file) => {
  const links = [...readText(file).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)];
  const broken = links.filter(([, path = '', anchor]) => {
    const target = path === '' ? file : join(dirname(file), path);
    if (!existsSync(ROOT + target)) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});

it('the index of the documentation names every page', () => {
  const index = readText('docs/README.md');
  const named = readdirSync(`${ROOT}docs`).filter((name) => /^(?!README).*\.md$/.test(name));
  expect(named.filter((name) => !index.includes(`](${name})`))).toEqual([]);
});

it('the index of the examples names every example, and each has a spec', () => {
  const index = readText('examples/README.md');
  const entries = readdirSync(`${ROOT}examples`, { withFileTypes: true });
  const examples = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(examples.filter((name) => !index.includes(`| [${name}](${name}`))).toEqual([]);
  const specs = examples.map((name) => `spec/examples/${name}.spec.ts`);
  expect(specs.filter((spec) => !existsSync(ROOT + spec))).toEqual([]);
});
