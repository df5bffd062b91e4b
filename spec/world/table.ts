// The outcomes as a Markdown table, for docs/compatibility.md.
import type { Express } from './rows.js';

export interface Cell {
  readonly name: string;
  readonly express: Express;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly reason?: string;
  readonly broken?: boolean;
}

export function table(cells: readonly Cell[]): string {
  const names = [...new Set(cells.filter(({ broken }) => !broken).map(({ name }) => name))];
  const cell = (name: string, express: Express): string => {
    const found = cells.find((each) => each.name === name && each.express === express);
    if (!found) return '–';
    if (found.outcome === 'skipped') return `– (${found.reason ?? ''})`;
    return found.outcome === 'passed' ? 'yes' : 'fails';
  };
  const rows = names.map((name) => [name, cell(name, 'express5'), cell(name, 'express4')]);
  const head = ['in front, or around it', 'with Express 5', 'with Express 4'];
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
