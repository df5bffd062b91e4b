import { execFile } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';

import { expect, it, onTestFinished } from 'vitest';

import { readText, ROOT } from '../support/snippets.js';

const FOLDER = '.tmp/api';

it('the API reference is what the docstrings say', { timeout: 300_000 }, async () => {
  onTestFinished(() => {
    rmSync(ROOT + FOLDER, { recursive: true, force: true });
  });
  await promisify(execFile)(process.execPath, ['scripts/docs-api.mjs', FOLDER], { cwd: ROOT });
  const pages = readdirSync(ROOT + FOLDER);
  expect(readdirSync(`${ROOT}docs/api`)).toEqual(pages);
  for (const page of pages) {
    const written = readText(`docs/api/${page}`);
    expect(written, `docs/api/${page}: npm run docs:api`).toBe(readText(`${FOLDER}/${page}`));
  }
});
