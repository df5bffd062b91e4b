// Builds dist/: what the compiler makes of lib/, a door for CommonJS to each entry point, and the
// files of the dashboard's page as they are. `--packed`: as it is shipped, in few files.
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { buildSync, transformSync } from 'esbuild';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const dist = join(root, 'dist');
const PAGE = 'dashboard/page';
const { exports, bin } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const entries = Object.values(exports).filter((entry) => typeof entry === 'object');

rmSync(`${root}dist`, { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (status !== 0) process.exit(1); // It has said why.

cpSync(`${root}lib/${PAGE}`, `${root}dist/${PAGE}`, { recursive: true });

if (process.argv.includes('--packed')) bundle();

// CommonJS gets the very same modules, by require(esm): one state, one McpSseError.
for (const { require: entry } of entries) {
  writeFileSync(join(root, entry.default), "module.exports = require('./index.js');\n");
}

// Declarations that no entry point leads to are nobody's, and comments of those that lead to no
// exported name are read by nobody.
const sources = entries.map(({ import: entry }) => join(root, entry.types));
const program = ts.createProgram(sources, { module: ts.ModuleKind.NodeNext, types: ['node'] });
const checker = program.getTypeChecker();
const exported = new Map(sources.map((source) => [source, exportsOf(source)]));
const documented = new Set([...exported.values()].flat().flatMap(filesOfDeclarations));
for (const file of filesOf('.d.ts')) {
  if (!program.getSourceFile(file)) rmSync(file);
  else if (!documented.has(file)) rewrite(file, withoutComments);
}

// The types for CommonJS name those of the ES modules: the compiler lets `require` have what a
// declaration of CommonJS says (TS1479), and both stay the same types.
for (const { import: entry, require: door } of entries) {
  const lines = exported.get(join(root, entry.types)).map(asCommonJs);
  const head = `import type * as esm from './index.js' with { 'resolution-mode': 'import' };\n`;
  writeFileSync(join(root, door.types), head + lines.join(''));
}

/**
 * Makes of all modules a few: what is packed is downloaded on every deploy, and two hundred small
 * files take a third more. lib/ is for readers; the comments of the declarations stay for editors.
 */
function bundle() {
  const entryPoints = [...entries.map((entry) => entry.import.default), ...Object.values(bin)];
  const outdir = join(root, '.tmp/packed');
  rmSync(outdir, { recursive: true, force: true });
  buildSync({
    ...{ entryPoints, outdir, outbase: 'dist', absWorkingDir: root, chunkNames: 'chunks/[hash]' },
    ...{ bundle: true, splitting: true, minify: true, packages: 'external' },
    ...{ format: 'esm', platform: 'node', target: 'esnext' },
    // It finds the files of its page beside itself.
    external: ['*/dashboard/index.js'],
  });
  for (const file of filesOf('.js')) if (!file.includes(`${PAGE}/`)) rmSync(file);
  cpSync(outdir, dist, { recursive: true });
  rmSync(outdir, { recursive: true });
  // Their names are shared by all scripts of the page.
  const options = { minifyWhitespace: true, minifySyntax: true };
  for (const loader of ['js', 'css'])
    for (const file of filesOf(`.${loader}`))
      if (file.includes(`${PAGE}/`))
        rewrite(file, (code) => transformSync(code, { ...options, loader }).code);
}

function exportsOf(source) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(source));
  return checker.getExportsOfModule(module).map((symbol) => {
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    return { name: symbol.name, symbol: isAlias ? checker.getAliasedSymbol(symbol) : symbol };
  });
}

function filesOfDeclarations({ symbol }) {
  return symbol.declarations.map((declaration) => declaration.getSourceFile().fileName);
}

/** What is a type is exported as one, with its parameters; what is a value as a constant. */
function asCommonJs({ name, symbol }) {
  const parameters = symbol.declarations.find((each) => each.typeParameters)?.typeParameters ?? [];
  const isType = (symbol.flags & ts.SymbolFlags.Type) !== 0;
  const isValue = (symbol.flags & ts.SymbolFlags.Value) !== 0;
  const declared = parameters.map((each) => each.getText()).join(', ');
  const given = parameters.map((each) => each.name.text).join(', ');
  const [left, right] = declared === '' ? ['', ''] : [`<${declared}>`, `<${given}>`];
  const docs = symbol.declarations[0].jsDoc?.at(-1)?.getText() ?? '';
  return [
    ...(isValue ? [`${docs}\nexport declare const ${name}: typeof esm.${name};\n`] : []),
    ...(isType ? [`export type ${name}${left} = esm.${name}${right};\n`] : []),
  ].join('');
}

function withoutComments(code) {
  const source = ts.createSourceFile('x.d.ts', code, ts.ScriptTarget.ESNext, false);
  return ts.createPrinter({ removeComments: true }).printFile(source);
}

function filesOf(ending) {
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith(ending)).map((file) => join(dist, file));
}

function rewrite(file, change) {
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}
