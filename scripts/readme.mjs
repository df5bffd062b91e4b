// What the README tells its readers to type, by its sections.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { root } from './checks.mjs';

const readme = await readFile(join(root, 'README.md'), 'utf8');
const deploying = await readFile(join(root, 'docs', 'deploying.md'), 'utf8');
const bridge = await readFile(join(root, 'docs', 'bridge.md'), 'utf8');

/** The first block of the page after `mark`, without its fence. */
function block(language, mark = '', page = readme) {
  const fence = new RegExp(`^\`\`\`${language}( run)?\\n([\\s\\S]*?)^\`\`\``, 'm');
  const found = fence.exec(page.slice(page.indexOf(mark)));
  assert.ok(page.includes(mark) && found, `the page has no ${language} block after "${mark}"`);
  return found[2];
}

/** The first `npm install …` in the text of the README after `mark`. */
function words(mark) {
  const found = /`(npm install [^`]+)`/.exec(readme.slice(readme.indexOf(mark)));
  assert.ok(readme.includes(mark) && found, `the README installs nothing after "${mark}"`);
  return found[1];
}

export const INSTALL = block('sh');
export const SERVER = block('js');
export const CALL = block('sh', 'In a second terminal');
export const INSTALL_TYPES = words('With TypeScript');
export const INSTALL_VITEST = words('## Testing');
export const INSTALL_REDIS = words('## In production');
export const INSTALL_ONE_URL = words('## One URL');
export const BRIDGE = block('sh', '## A server in any language').trim();
export const AUTH = block('ts', '## Authentication');
export const PUSH = block('ts', 'Push from any route');
export const PRODUCTION = block('ts', '## In production');
export const TEST = block('ts', '## Testing');
/** The server of docs/deploying.md, and how a container has it. */
export const DEPLOYED = block('js', '', deploying);
export const DOCKERFILE = block('dockerfile', '', deploying);
/** How a container, and systemd, have the bridge. */
export const BRIDGE_DOCKERFILE = block('dockerfile', '', bridge);
export const BRIDGE_UNIT = block('ini', '', bridge);
/** What the server of the quick start prints once it listens. */
export const [, READY] = /console\.log\('([^']+)'\)/.exec(SERVER);

/** The README's server for those who still write CommonJS: the same with other imports. */
export const COMMON_JS = SERVER.replace(
  /^import (\{[^}]+\}|\w+) from ('[^']+');$/gm,
  'const $1 = require($2);',
);

/** The quick start with `code` of the README in the place of what `from` matches. */
export function withBlock(code, from) {
  assert.match(SERVER, from);
  const isImport = (line) => line.startsWith('import ');
  const known = SERVER.split('\n').filter(isImport);
  const lines = code.split('\n').filter((line) => !known.includes(line));
  const head = lines.filter(isImport).join('\n');
  const body = lines.filter((line) => !isImport(line)).join('\n');
  return `${head}\n${SERVER.replace(from, () => body)}`;
}

/** The server of the quick start with the factory of "One URL" in the place of its own. */
export const ONE_URL = withBlock(block('ts', '## One URL'), /^app\.use\(mcp\);$/m)
  .replace(/^import \{ McpServer \} from '@modelcontextprotocol\/sdk.*\n/m, '')
  .replace(/^function createMcpServer[\s\S]*?(?=^const app = )/m, '');
