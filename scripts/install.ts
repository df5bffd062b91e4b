import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/**
 * Installs packages into `.tmp/FOLDER/`, a folder of their own, and resolves to its path, with a
 * slash at the end. `npm ci` stays small that way, and what one check needs disturbs no other. All
 * versions are exact, so a folder that has them already is left as it is.
 */
export async function install(
  folder: string,
  dependencies: Readonly<Record<string, string>>,
): Promise<string> {
  const place = fileURLToPath(new URL(`../.tmp/${folder}/`, import.meta.url));
  const manifest = JSON.stringify({ private: true, dependencies }, null, 2);
  const done = `${place}installed.json`;
  if ((await readFile(done, 'utf8').catch(() => '')) === manifest) return place;
  await mkdir(place, { recursive: true });
  await writeFile(`${place}package.json`, manifest);
  console.log(`installing ${Object.keys(dependencies).join(', ')}`);
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel', 'error'];
  await promisify(execFile)('npm', ['install', ...flags], { cwd: place, timeout: 180_000 });
  await writeFile(done, manifest);
  return place;
}
