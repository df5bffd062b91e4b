// Writes the API reference from the docstrings of lib/, as typedoc.json says:
//
//   node scripts/docs-api.mjs [FOLDER]     docs/api unless told
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { format, resolveConfig } from 'prettier';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, process.argv[2] ?? 'docs/api');

rmSync(folder, { recursive: true, force: true });
const typedoc = join(root, 'node_modules', 'typedoc', 'bin', 'typedoc');
execFileSync(process.execPath, [typedoc, '--logLevel', 'Warn', '--out', folder], {
  cwd: root,
  stdio: 'inherit',
});

const style = await resolveConfig(join(folder, 'README.md'));
for (const name of readdirSync(folder)) {
  const file = join(folder, name);
  const text = await format(readFileSync(file, 'utf8'), { ...style, parser: 'markdown' });
  writeFileSync(file, text);
}
