import { readdir, readFile } from 'node:fs/promises';

const ROOT = new URL('../../', import.meta.url);

/** What stands under one heading of a Markdown file. */
export interface Section {
  readonly file: string;
  readonly heading: string;
  readonly text: string;
}

/** The sections of all documentation of this repository, file by file. */
export async function readDocs(): Promise<Section[]> {
  const files = await readdir(ROOT);
  const pages = (await readdir(new URL('docs/', ROOT))).map((name) => `docs/${name}`);
  const markdown = [...files, ...pages].filter((name) => name.endsWith('.md'));
  const texts = await Promise.all(
    markdown.map(async (file) => sectionsOf(file, await readFile(new URL(file, ROOT), 'utf8'))),
  );
  return texts.flat();
}

/** The sections that hold most of the words, best first. */
export function search(sections: readonly Section[], query: string, limit: number): Section[] {
  const words = wordsOf(query);
  return sections
    .map((section) => ({ section, score: score(section, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ section }) => section);
}

export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
}

function sectionsOf(file: string, markdown: string): Section[] {
  const sections: Section[] = [];
  let heading = file;
  let lines: string[] = [];
  let fenced = false;
  const finish = (): void => {
    const text = lines.join('\n').trim();
    if (text !== '') sections.push({ file, heading, text });
    lines = [];
  };
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) fenced = !fenced;
    const title = fenced ? undefined : /^#+ (.+)/.exec(line)?.[1];
    if (title === undefined) lines.push(line);
    else {
      finish();
      heading = title;
    }
  }
  finish();
  return sections;
}

/** Different words count most, words in the heading more than those in the text. */
function score({ heading, text }: Section, wanted: readonly string[]): number {
  const title = new Set(wordsOf(heading));
  const body = wordsOf(text);
  return wanted.reduce((sum, word) => {
    const hits = body.filter((found) => found === word).length;
    if (hits === 0 && !title.has(word)) return sum;
    return sum + 100 + (title.has(word) ? 50 : 0) + Math.min(hits, 20);
  }, 0);
}
