import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { ROOT } from './snippets.js';

/** What follows the `#` in GitHub's links to a heading. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

/** Code shows links and headings that are none. */
const withoutCode = (text: string): string =>
  text.replace(/^( *)```[\s\S]*?^\1```/gm, '').replace(/`[^`\n]*`/g, '`code`');

/** The links and pictures of a page that lead nowhere inside the repository. */
export function brokenLinks(file: string, text = readFileSync(ROOT + file, 'utf8')): string[] {
  const prose = withoutCode(text);
  const targets = [
    ...[...prose.matchAll(/\]\(([^)\s]+)[^)]*\)/g)].map(([, target]) => target!),
    ...[...prose.matchAll(/^\[[^\]]+\]: (\S+)/gm)].map(([, target]) => target!),
    ...[...prose.matchAll(/ (?:src|srcset|href)="([^"]+)"/g)].map(([, target]) => target!),
  ];
  return targets.filter((target) => {
    if (/^(https?|mailto):/.test(target)) return false;
    const [path = '', anchor] = target.split('#');
    const place = path === '' ? file : join(dirname(file), path);
    if (place.startsWith('..') || !existsSync(ROOT + place)) return true;
    if (anchor === undefined) return false;
    const page = path === '' ? text : readFileSync(ROOT + place, 'utf8');
    return !place.endsWith('.md') || !anchorsOf(page).includes(anchor);
  });
}

/** What can stand behind the `#` of a link to this page. */
function anchorsOf(text: string): string[] {
  const ids = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id!);
  const counts = new Map<string, number>();
  const plain = text.replace(/^( *)```[\s\S]*?^\1```/gm, '');
  const headings = [...plain.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => {
    const anchor = anchorOf(heading!);
    const before = counts.get(anchor) ?? 0;
    counts.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
  return [...ids, ...headings];
}
