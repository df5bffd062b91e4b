import { existsSync, readdirSync } from 'node:fs';

import { expect, it } from 'vitest';

import { brokenLinks } from '../support/links.js';
import { readText, ROOT } from '../support/snippets.js';

const docs = readdirSync(`${ROOT}docs`, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const others = readdirSync(ROOT).filter((name) => name.endsWith('.md'));
const pages = [...others, 'bench/README.md', 'examples/README.md', ...docs];

it.each(pages)('every link of %s inside the repository leads somewhere', (file) => {
  expect(brokenLinks(file)).toEqual([]);
});

it.each(pages)('%s has no marks of an unfinished merge', (file) => {
  // As git writes them, and as Prettier makes quotes of them.
  expect(readText(file)).not.toMatch(/^(<{7}|={7}$|(> ?){7})/m);
});

it('finds a link to a missing file, heading or picture', () => {
  const page = `# One [two](LICENSE)
[a file](docs/none.md), [a folder](none/), [above](../elsewhere), [a heading](#one-none),
[of another page](CONTRIBUTING.md#none), [of no page](package.json#none),
[by name][ref], <img src="docs/none.png">, <source srcset="docs/none-too.png">
[ref]: none.md
But these lead somewhere: [here](#one-two), [twice](#again-1), [there](CONTRIBUTING.md#releasing),
[a place](#place), [the web](https://example.com/#none), \`[code](none)\`
<a id="place"></a>
# Again
# Again
\`\`\`sh
# [a comment](none)
\`\`\``;
  expect(brokenLinks('README.md', page).sort()).toEqual([
    '#one-none',
    '../elsewhere',
    'CONTRIBUTING.md#none',
    'docs/none-too.png',
    'docs/none.md',
    'docs/none.png',
    'none.md',
    'none/',
    'package.json#none',
  ]);
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
