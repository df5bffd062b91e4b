import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';
import { expect, it } from 'vitest';

import { readPage } from '../../lib/dashboard/page.js';

const FOLDER = fileURLToPath(new URL('../../lib/dashboard/page/', import.meta.url));
const files = readdirSync(FOLDER);
const scripts = files.filter((file) => file.endsWith('.js'));
const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');

// Kills: a name that does not exist, a misspelt member, a state that the server does not send.
it('has scripts that the compiler finds no fault with', { timeout: 60_000 }, () => {
  const program = ts.createProgram(
    scripts.map((file) => join(FOLDER, file)),
    {
      target: ts.ScriptTarget.ES2023,
      lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      // Classic scripts: what one declares, the next one sees.
      moduleDetection: ts.ModuleDetectionKind.Legacy,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      types: ['node'],
      allowJs: true,
      checkJs: true,
      strict: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
      skipLibCheck: true,
      noEmit: true,
    },
  );
  const faults = scripts.flatMap((file) => {
    const source = program.getSourceFile(join(FOLDER, file));
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  });
  const told = faults.map(({ file, start = 0, messageText }) => {
    const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
    return `${file?.fileName} ${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
  expect(scripts.length).toBeGreaterThan(0);
  expect(told).toEqual([]);
});

it('puts every file of the page into the one that is served, as it is', () => {
  const { html } = readPage();
  for (const file of files.filter((name) => name !== 'index.html')) {
    const tag = file.endsWith('.css') ? 'style' : 'script';
    expect(html, file).toContain(`<${tag}>${read(file)}</${tag}>`);
  }
  expect(html).not.toMatch(/<script src|<link rel="stylesheet"/);
});

// Kills: text that ends its element early, so that the rest of it becomes markup.
it('has no file that could end the element that it is put into', () => {
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
