// Writes the API reference from the docstrings of lib/: a page for each entry of package.json.
//
//   node scripts/docs-api.mjs [FOLDER]     docs/api unless told
//
// The page of the main entry would be too long to read. It becomes an index, with a page for each
// room of lib/ that the names come from.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, process.argv[2] ?? 'docs/api');
const MAIN = 'express-mcp-sse';
/** What the page of a room is called where its folder is not the word that readers look for. */
const TITLES = { 'mcp-sse': 'router', wire: 'messages', stream: 'connection-writer' };
const MAX_BYTES = 40 * 1024;

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entries = Object.keys(exports).filter((entry) => entry !== './package.json');

rmSync(folder, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [
    join(root, 'node_modules', 'typedoc', 'bin', 'typedoc'),
    ...entries.flatMap((entry) => ['--entryPoints', `lib${entry.slice(1)}/index.ts`]),
    ...['--logLevel', 'Warn', '--out', folder],
  ],
  { cwd: root, stdio: 'inherit' },
);

const pages = new Map(
  readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
);
splitMain();
for (const [name, text] of pages) {
  const page = `${text.replace(/\n{3,}/g, '\n\n').trimEnd()}\n`;
  if (page.length > MAX_BYTES)
    throw new Error(`${name} has more than ${MAX_BYTES} bytes: split it`);
  writeFileSync(join(folder, name), page);
}

/** Puts the names of the main page on a page for each room, and leaves an index. */
function splitMain() {
  const file = `${MAIN}.md`;
  const whole = pages.get(file);
  const [head, ...kinds] = whole.split(/^(?=## )/m);
  const rooms = roomsByName();
  const index = [];
  const parts = new Map();
  for (const kind of kinds) {
    const [heading, ...members] = kind.split(/^(?=### )/m);
    for (const member of members) {
      const [, name] = /^### (\w+)/.exec(member);
      const room = rooms.get(name);
      const page = `${MAIN}.${TITLES[room] ?? room}.md`;
      index.push({ name, page, summary: firstSentence(member) });
      const sections = parts.get(page) ?? new Map();
      parts.set(page, sections);
      sections.set(heading, (sections.get(heading) ?? '') + member);
    }
  }
  index.sort((a, b) => a.name.localeCompare(b.name, 'en'));

  for (const [page, sections] of parts) {
    const body = [...sections].map(([heading, members]) => heading + members).join('');
    pages.set(page, `# ${page.replace('.md', '').replace('.', ': ')}\n\n${body}`);
  }
  pages.set(file, `${head}| Name | Description |\n| ------ | ------ |\n`);
  const before = anchorsOf(whole);
  const after = new Map([...parts.keys()].map((page) => [page, anchorsOf(pages.get(page))]));
  const placeOf = new Map(index.map(({ name, page }) => [name, page]));
  /** Where a link to the anchor of a name leads now. */
  const moved = (anchor, from) => {
    const name = before.get(anchor);
    const page = placeOf.get(name);
    if (!page) throw new Error(`a link to #${anchor}, which is no exported name`);
    const [place] = [...after.get(page)].find(([, named]) => named === name);
    return `](${page === from ? '' : page}#${place})`;
  };
  for (const [page, text] of pages) {
    const own = parts.has(page)
      ? /\]\((?:express-mcp-sse\.md)?#([\w-]+)\)/g
      : /\]\(express-mcp-sse\.md#([\w-]+)\)/g;
    pages.set(
      page,
      text.replace(own, (_, anchor) => moved(anchor, page)),
    );
  }
  const rows = index.map(({ name, page, summary }) => {
    const [place] = [...after.get(page)].find(([, named]) => named === name);
    return `| [${name}](${page}#${place}) | ${summary} |\n`;
  });
  pages.set(file, pages.get(file) + rows.join(''));
}

/** The room of lib/ that each name of the main entry comes from. */
function roomsByName() {
  const source = readFileSync(join(root, 'lib', 'index.ts'), 'utf8');
  const found = source.matchAll(/^export (?:type )?\{([^}]+)\} from '\.\/([\w-]+)[^']*';/gm);
  return new Map(
    [...found].flatMap(([, names, room]) =>
      [...names.matchAll(/(\w+)\s*(?:,|$)/gm)].map(([, name]) => [name, room]),
    ),
  );
}

/** The headings of exported names on a page, by the anchors that GitHub gives them. */
function anchorsOf(text) {
  const counts = new Map();
  const anchors = new Map();
  for (const [, level, heading] of text.matchAll(/^(#+) (.+)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-');
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    const [, name] = /^(\w+)/.exec(heading) ?? [];
    if (level === '###') anchors.set(count === 0 ? slug : `${slug}-${count}`, name);
  }
  return anchors;
}

/** What the docstring of a name begins with; empty where there is none. */
function firstSentence(member) {
  const paragraphs = member.split('\n\n').slice(1);
  const prose = paragraphs.find((text) => /^[A-Z`]/.test(text)) ?? '';
  const isFirst = paragraphs.findIndex((text) => /^(#|\|)/.test(text));
  if (isFirst >= 0 && paragraphs.indexOf(prose) > isFirst) return '';
  return (/^(.+?[.:])(\s|$)/s.exec(prose)?.[1] ?? prose).replaceAll('\n', ' ').replace(/:$/, '.');
}
