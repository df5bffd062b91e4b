import { existsSync } from 'node:fs';

import { expect, it } from 'vitest';

import { readText, ROOT } from '../support/snippets.js';

// What npm, bundlers and provenance go by. What the tarball holds is checked on the tarball, by
// scripts/test-package.mjs.
const manifest = JSON.parse(readText('package.json'));
const { './package.json': itself, ...entries } = manifest.exports as Record<string, unknown>;

it('has a source for every entry point, and its types first', () => {
  expect(itself).toBe('./package.json');
  for (const [entry, target] of Object.entries(entries)) {
    const path = entry.slice(1);
    expect(target, entry).toEqual({
      types: `./dist${path}/index.d.ts`,
      default: `./dist${path}/index.js`,
    });
    expect(Object.keys(target as object)[0], entry).toBe('types');
    expect(existsSync(`${ROOT}lib${path}/index.ts`), entry).toBe(true);
  }
});

it('documents every entry point in the API reference', () => {
  const index = readText('docs/api/README.md');
  for (const entry of Object.keys(entries)) {
    const page = entry === '.' ? manifest.name : entry.slice('./'.length);
    expect(index).toContain(`[${page}](${page}.md)`);
  }
});

it('can be published with provenance, from a repository that it names', () => {
  const { repository, homepage, bugs, publishConfig } = manifest;
  const [, place] = /^git\+(https:.+)\.git$/.exec(repository.url) ?? [];
  expect(place).toBeDefined();
  expect(homepage).toBe(`${place}#readme`);
  expect(bugs).toBe(`${place}/issues`);
  expect(publishConfig).toMatchObject({ access: 'public', provenance: true });
});

it('sends release candidates to a tag of their own, and has an entry in the changelog', () => {
  const { version, publishConfig } = manifest;
  expect(publishConfig.tag).toBe(version.includes('-') ? 'next' : 'latest');
  expect(readText('CHANGELOG.md')).toContain(`\n## ${version}\n`);
  const lock = JSON.parse(readText('package-lock.json'));
  expect([lock.version, lock.packages[''].version]).toEqual([version, version]);
});

it('has no side effects, ships what it should, and says which Node it needs', () => {
  const { sideEffects, files, engines, type, license } = manifest;
  expect({ sideEffects, files, type, license }).toEqual({
    sideEffects: false,
    files: ['dist', 'lib', 'CHANGELOG.md'],
    type: 'module',
    license: 'MIT',
  });
  // CommonJS needs a Node that can require() ES modules.
  expect(engines).toEqual({ node: '>=20.19' });
});
