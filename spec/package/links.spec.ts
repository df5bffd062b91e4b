import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { expect, it } from 'vitest';

import { readText, ROOT } from '../support/snippets.js';

/** What follows the `#` in links to a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

it.each(['README.md', 'CONTRIBUTING.md', 'docs/architecture.md', 'docs/performance.md'])(
  'every link of %s inside the repository leads somewhere',
  (file) => {
    const links = [...readText(file).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)];
    const broken = links.filter(([, path = '', anchor]) => {
      const target = path === '' ? file : join(dirname(file), path);
      if (!existsSync(ROOT + target)) return true;
      if (anchor === undefined) return false;
      const headings = [...readText(target).matchAll(/^#+ (.+)$/gm)].map(([, text]) => text!);
      return !headings.map(anchorOf).includes(anchor);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  },
);
