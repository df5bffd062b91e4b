import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { readPage } from '../../lib/dashboard/page.js';

const FOLDER = fileURLToPath(new URL('../../lib/dashboard/page/', import.meta.url));
const files = readdirSync(FOLDER);
const scripts = files.filter((file) => file.endsWith('.js'));
const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');

it('puts every file of the page into the served one, unchanged', () => {
  const { html } = readPage();
  for (const file of files.filter((name) => name !== 'index.html')) {
    const tag = file.endsWith('.css') ? 'style' : 'script';
    expect(html, file).toContain(`<${tag}>${read(file)}</${tag}>`);
  }
  expect(html).not.toMatch(/<script src|<link rel="stylesheet"/);
});

// Kills: text that ends its element early, so that the rest of it becomes markup.
it('has no file that could end its own script or style element', () => {
  for (const file of files.filter((name) => name !== 'index.html')) {
    expect(read(file), file).not.toMatch(/<\/(script|style)|<!--/i);
  }
});

// Kills: names of clients that are put into the page as HTML.
it('never makes HTML of text', () => {
  for (const file of scripts) {
    expect(read(file), file).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc/,
    );
  }
  expect(read('index.html')).not.toMatch(/\son\w+=|\sstyle=/);
});
