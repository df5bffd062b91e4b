// The folder in which the world is installed, `.tmp/world`, with this package as npm would put it.
import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = new URL('./', import.meta.url);
const root = new URL('../../', here);
const place = new URL('.tmp/world/', root);
/** The same with Express 4 in the place of 5. */
const four = new URL('express4/', place);
const PACKED = ['dist', 'package.json'];

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Where the programs of rows are run: one folder for each version of Express, and certificates. */
export interface Place {
  readonly root: string;
  readonly express5: string;
  readonly express4: string;
  /** Self-signed; undefined where there is no openssl. */
  readonly tls: { readonly key: string; readonly cert: string } | undefined;
}

/** Installs what is pinned in package-lock.json, and the build of this package beside it. */
export async function makePlace(): Promise<Place> {
  await mkdir(place, { recursive: true });
  await install();
  await run('npm', ['run', 'build'], { cwd: root });
  for (const folder of [place, four]) {
    await fresh(new URL('programs/', folder), new URL('programs/', here));
    await fresh(new URL('pages/', folder), new URL('docs/', root));
    for (const part of PACKED) {
      const target = new URL(`node_modules/express-mcp-sse/${part}`, folder);
      await fresh(target, new URL(part, root));
    }
  }
  const express = new URL('node_modules/express', four);
  await rm(express, { recursive: true, force: true });
  await symlink(fileURLToPath(new URL('node_modules/express4', place)), express, 'junction');
  return {
    root: fileURLToPath(place),
    express5: fileURLToPath(place),
    express4: fileURLToPath(four),
    tls: await certificate().catch(() => undefined),
  };
}

/** All versions are exact, so what is installed from this lock file already stays. */
async function install(): Promise<void> {
  const lock = await readFile(new URL('package-lock.json', here), 'utf8');
  const done = new URL('installed-lock.json', place);
  if ((await readFile(done, 'utf8').catch(() => '')) === lock) return;
  console.log('installing into .tmp/world');
  for (const file of ['package.json', 'package-lock.json']) {
    await copyFile(new URL(file, here), new URL(file, place));
  }
  // swagger-stats names an old major of prom-client as its peer.
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--legacy-peer-deps'];
  // Not `npm ci`: it wants optional packages of other platforms, which not every registry has.
  await run('npm', ['install', ...flags, '--loglevel', 'error'], { cwd: place, timeout: 600_000 });
  // Deno resolves only what package.json names.
  const manifest = JSON.parse(await readFile(new URL('package.json', here), 'utf8')) as Manifest;
  const dependencies = { ...manifest.dependencies, 'express-mcp-sse': '*', express: '*' };
  for (const folder of [place, four]) {
    await mkdir(folder, { recursive: true });
    const text = JSON.stringify({ ...manifest, dependencies });
    await writeFile(new URL('package.json', folder), text);
  }
  await writeFile(done, lock);
}

async function fresh(target: URL, source: URL): Promise<void> {
  await rm(target, { recursive: true, force: true });
  await cp(source, target, { recursive: true });
}

async function certificate(): Promise<{ key: string; cert: string }> {
  const [key, cert] = ['key.pem', 'cert.pem'].map((file) => fileURLToPath(new URL(file, place)));
  if (key === undefined || cert === undefined) throw new Error('no names');
  const subject = ['-subj', '/CN=localhost', '-days', '2'];
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert],
    ...subject,
  ]);
  return { key, cert };
}
