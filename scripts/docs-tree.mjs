// Writes the list of files in docs/architecture.md from the first line of each: `npm run docs:tree`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const PAGE = `${root}docs/architecture.md`;
/** Ground first, as the floors of .eslintrc.cjs; annexes have pages of their own. */
const FLOORS = ['errors.ts', 'util', 'wire', 'stream', 'session', 'cluster', 'options', 'http'];
const TOP = ['mcp-sse.ts', 'index.ts'];
const BLOCK = /^lib\/\n[\s\S]*?^```/m;
const COLUMN = 33;

/** The lines of one room: its files, then its sub-rooms. */
function room(path, indent) {
  const entries = readdirSync(`${root}lib/${path}`, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'));
  const rooms = entries.filter((entry) => entry.isDirectory());
  return [
    ...files.map(({ name }) => file(`${path}/${name}`, name, indent)),
    ...rooms.flatMap(({ name }) => [
      `${indent}${name}/`,
      ...room(`${path}/${name}`, `${indent}  `),
    ]),
  ];
}

function file(path, name, indent) {
  const [first = ''] = readFileSync(`${root}lib/${path}`, 'utf8').split('\n');
  const sentence = /^\/\/ (.+)$/.exec(first)?.[1] ?? '';
  return `${(indent + name).padEnd(COLUMN)}${sentence}`.trimEnd();
}

const lines = [
  ...FLOORS.flatMap((name) =>
    name.endsWith('.ts') ? [file(name, name, '  ')] : ['', `  ${name}/`, ...room(name, '    ')],
  ),
  '',
  ...TOP.map((name) => file(name, name, '  ')),
];
const page = readFileSync(PAGE, 'utf8');
writeFileSync(
  PAGE,
  page.replace(BLOCK, () => `lib/\n${lines.join('\n')}\n\`\`\``),
);
