import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';
import { expect, it } from 'vitest';

const FOLDER = fileURLToPath(new URL('../../lib/dashboard/page/', import.meta.url));
const scripts = readdirSync(FOLDER).filter((file) => file.endsWith('.js'));

// Kills: a name that does not exist, a misspelt member, a state that the server does not send.
it('has scripts that type-check', { timeout: 300_000 }, () => {
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
