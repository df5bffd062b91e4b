import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Where files that exist in memory only pretend to be. */
const FOLDER = join(ROOT, 'spec', 'in-memory');

/** A file with no types of its own to write: what it holds is checked as users would write it. */
export type Sources = Readonly<Record<string, string>>;

/** A TypeScript program of files that exist in memory only, on the compiler options of users. */
export class Checked {
  readonly #program: ts.Program;

  constructor(sources: Sources, options: ts.CompilerOptions = {}) {
    const files = new Map(
      Object.entries(sources).map(([name, text]) => [join(FOLDER, name), text]),
    );
    const settings: ts.CompilerOptions = {
      target: ts.ScriptTarget.ES2023,
      lib: ['lib.es2023.d.ts'],
      module: ts.ModuleKind.NodeNext,
      moduleDetection: ts.ModuleDetectionKind.Force,
      types: ['node'],
      strict: true,
      skipLibCheck: true,
      noEmit: true,
      allowJs: true,
      checkJs: true,
      paths: {
        'express-mcp-sse': [join(ROOT, 'lib', 'index.ts')],
        'express-mcp-sse/*': [join(ROOT, 'lib', '*', 'index.ts')],
      },
      ...options,
    };
    this.#program = ts.createProgram([...files.keys()], settings, hostOf(settings, files));
  }

  /** What is wrong with a file, one line each. */
  errors(name: string): string[] {
    const file = this.#program.getSourceFile(join(FOLDER, name));
    return [
      ...this.#program.getSyntacticDiagnostics(file),
      ...this.#program.getSemanticDiagnostics(file),
    ].map(({ messageText, start }) => {
      const line = file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0;
      return `line ${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  }

  /** The names that a file exports, types too. */
  exportsOf(name: string): string[] {
    return this.#exports(name).map((symbol) => symbol.name);
  }

  /** The members of an exported union of string literals. */
  literalsOf(name: string, type: string): string[] {
    const symbol = this.#exports(name).find((exported) => exported.name === type);
    const union = symbol && this.#checker.getDeclaredTypeOfSymbol(symbol);
    if (!union?.isUnion()) throw new Error(`${type} is no union`);
    return union.types.filter((member) => member.isStringLiteral()).map(({ value }) => value);
  }

  get #checker(): ts.TypeChecker {
    return this.#program.getTypeChecker();
  }

  #exports(name: string): ts.Symbol[] {
    const file = this.#program.getSourceFile(join(FOLDER, name));
    const symbol = file && this.#checker.getSymbolAtLocation(file);
    return symbol ? this.#checker.getExportsOfModule(symbol).map((one) => this.#original(one)) : [];
  }

  #original(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }
}

/** Parsed once for all programs of a process: the options do not change how a file is read. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/** The disk, with the given files laid over it. */
function hostOf(options: ts.CompilerOptions, files: ReadonlyMap<string, string>): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const { directoryExists, fileExists, readFile, getSourceFile } = host;
  return {
    ...host,
    getCurrentDirectory: () => ROOT,
    // Files in memory import each other.
    directoryExists: (path) => path === FOLDER || (directoryExists?.(path) ?? true),
    fileExists: (path) => files.has(path) || fileExists(path),
    readFile: (path) => files.get(path) ?? readFile(path),
    getSourceFile: (path, version, ...rest) => {
      const text = files.get(path);
      if (text !== undefined) return ts.createSourceFile(path, text, version);
      if (!parsed.has(path)) parsed.set(path, getSourceFile(path, version, ...rest));
      return parsed.get(path);
    },
  };
}
