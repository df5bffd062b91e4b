import { existsSync } from 'node:fs';

import { expect, it } from 'vitest';

import { readText, ROOT } from '../support/snippets.js';

// What npm, bundlers and provenance go by. What the tarball holds is checked on the tarball, by
// scripts/test-package.mjs.
const manifest = JSON.parse(readText('package.json'));
const { './package.json': itself, ...entries } = manifest.exports as Record<string, unknown>;

it('has a source, types and a CommonJS condition for every entry point', () => {
  expect(itself).toBe('./package.json');
  for (const [entry, target] of Object.entries(entries)) {
    const path = entry.slice(1);
    expect(target, entry).toEqual({
      import: { types: `./dist${path}/index.d.ts`, default: `./dist${path}/index.js` },
      require: { types: `./dist${path}/index.d.cts`, default: `./dist${path}/index.cjs` },
    });
    // The first condition that holds counts.
    for (const conditions of Object.values(target as object))
      expect(Object.keys(conditions as object), entry).toEqual(['types', 'default']);
    expect(existsSync(`${ROOT}lib${path}/index.ts`), entry).toBe(true);
  }
});

// `moduleResolution: node10`, which TypeScript 5 has for `module: commonjs`, reads no `exports`.
it('tells compilers without `exports` support where the types of every entry point are', () => {
  const { main, types, typesVersions } = manifest;
  expect([main, types]).toEqual(['./dist/index.cjs', './dist/index.d.ts']);
  const paths = Object.keys(entries).filter((entry) => entry !== '.');
  const expected = paths.map((entry) => [entry.slice(2), [`./dist${entry.slice(1)}/index.d.ts`]]);
  expect(typesVersions).toEqual({ '*': Object.fromEntries(expected) });
});

it('documents every entry point in the API reference', () => {
  const index = readText('docs/api/README.md');
  for (const entry of Object.keys(entries)) {
    const page = entry === '.' ? manifest.name : entry.slice('./'.length);
    expect(index).toContain(`[${page}](${page}.md)`);
  }
});

it('names its repository, for publishing with provenance', () => {
  const { repository, homepage, bugs, publishConfig } = manifest;
  const [, place] = /^git\+(https:.+)\.git$/.exec(repository.url) ?? [];
  expect(place).toBeDefined();
  expect(homepage).toBe(`${place}#readme`);
  expect(bugs).toBe(`${place}/issues`);
  expect(publishConfig).toMatchObject({ access: 'public', provenance: true });
});

it('publishes release candidates under a tag of their own, and has a changelog entry', () => {
  const { version, publishConfig } = manifest;
  expect(publishConfig.tag).toBe(version.includes('-') ? 'next' : 'latest');
  const release = readText('.github/workflows/release.yml');
  expect(release).toMatch(/npm publish --tag "\$\(node -p '.+\.publishConfig\.tag'\)"$/m);
  const changelog = readText('CHANGELOG.md');
  expect(changelog).toMatch(/^## \[[\d.]+[^\]]*\] - \d{4}-\d\d-\d\d$/m);
  expect(changelog).toContain(`\n## [${version}] - `);
  expect(changelog).toContain(`\n[${version}]: https://`);
  const lock = JSON.parse(readText('package-lock.json'));
  expect([lock.version, lock.packages[''].version]).toEqual([version, version]);
});

it('has no side effects, ships the right files, and names the Node it needs', () => {
  const { sideEffects, files, engines, type, license } = manifest;
  expect({ sideEffects, files, type, license }).toEqual({
    sideEffects: false,
    files: ['dist'],
    type: 'module',
    license: 'MIT',
  });
  // CommonJS needs a Node that can require() ES modules.
  expect(engines).toEqual({ node: '>=20.19' });
});
