// The page, from its files.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The page as one response: it loads nothing but its own events. */
export interface Page {
  readonly html: string;
  /** The Content-Security-Policy that allows this page's scripts and style, and nothing else. */
  readonly policy: string;
}

const STYLE_LINK = /<link rel="stylesheet" href="([\w-]+\.css)" \/>/g;
const SCRIPT_LINK = /<script src="([\w-]+\.js)"><\/script>/g;

/**
 * Reads the files of the page and puts its scripts and style into its HTML. So the policy allows a
 * hash of each and no URL to load code from, not even of this server.
 */
export function readPage(): Page {
  const scripts: string[] = [];
  const styles: string[] = [];
  const html = read('index.html')
    .replace(STYLE_LINK, (_, file: string) => `<style>${hashed(read(file), styles)}</style>`)
    .replace(SCRIPT_LINK, (_, file: string) => `<script>${hashed(read(file), scripts)}</script>`);
  return { html, policy: policyOf(scripts, styles) };
}

function policyOf(scripts: readonly string[], styles: readonly string[]): string {
  return [
    "default-src 'none'",
    `script-src ${scripts.join(' ')}`,
    `style-src ${styles.join(' ')}`,
    "connect-src 'self'",
    'img-src data:', // The icon.
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    // The names of clients are text, and cannot become HTML.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

function hashed(text: string, hashes: string[]): string {
  hashes.push(`'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  return text;
}

/** Normalises line ends as a browser's HTML parser does, so that both get the same hash. */
function read(file: string): string {
  return readFileSync(new URL(`page/${file}`, import.meta.url), 'utf8').replaceAll('\r\n', '\n');
}
