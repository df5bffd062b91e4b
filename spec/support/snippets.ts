import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository, with a slash at the end. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A block of code in a Markdown file. */
export interface Snippet {
  /** `README.md:12` */
  readonly place: string;
  readonly language: string;
  /** Its fence says `run` after the language: it is not only type-checked. */
  readonly runnable: boolean;
  readonly code: string;
}

/** All blocks of README.md, CONTRIBUTING.md and docs/. */
export function snippets(): Snippet[] {
  const docs = readdirSync(`${ROOT}docs`).filter((name) => name.endsWith('.md'));
  return ['README.md', 'CONTRIBUTING.md', ...docs.map((name) => `docs/${name}`)].flatMap(
    snippetsOf,
  );
}

export function readText(file: string): string {
  return readFileSync(ROOT + file, 'utf8');
}

function snippetsOf(file: string): Snippet[] {
  const found: Snippet[] = [];
  let open: { start: number; info: string } | undefined;
  const lines = readText(file).split('\n');
  for (const [index, line] of lines.entries()) {
    const info = /^\s*```(.*)$/.exec(line)?.[1];
    if (info === undefined) continue;
    if (!open) {
      open = { start: index + 1, info };
      continue;
    }
    const [language = '', ...marks] = open.info.split(' ');
    found.push({
      place: `${file}:${open.start + 1}`,
      language,
      runnable: marks.includes('run'),
      code: lines.slice(open.start, index).join('\n'),
    });
    open = undefined;
  }
  return found;
}
