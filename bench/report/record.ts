import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import type { Outcome } from '../conduct.js';
import { peers, root } from '../paths.js';
import { installedVersion } from '../prepare.js';
import { figure, type Figure } from './figures.js';
import type { AllShares } from './shares.js';
import type { Judged } from './targets.js';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  readonly versions: Readonly<Record<string, string>>;
}

export function machine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    versions: versions(),
  };
}

function versions(): Record<string, string> {
  const own = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    version: string;
  };
  const found: Record<string, string> = { 'express-mcp-sse': own.version };
  const wanted: [folder: URL, names: string[]][] = [
    [root, ['express', '@modelcontextprotocol/sdk', '@modelcontextprotocol/server', 'zod', 'tsx']],
    [peers, ['@modelcontextprotocol/server-legacy', 'express-mcp-handler', 'better-sse']],
  ];
  for (const [folder, names] of wanted) {
    for (const name of names) {
      const version = installedVersion(folder, name);
      if (version !== undefined) found[name] = version;
    }
  }
  return found;
}

/** What a run leaves behind, to be compared with another run on the same machine only. */
export interface Run {
  readonly machine: Machine;
  readonly quick: boolean;
  readonly began: Date;
  readonly outcomes: readonly Outcome[];
  readonly shares: AllShares | undefined;
  readonly judged: readonly Judged[];
}

/** The same as it stands in the file. */
export interface RunRecord extends Omit<Run, 'began' | 'outcomes'> {
  readonly began: string;
  readonly works: Readonly<Record<string, WorkRecord>>;
}

interface WorkRecord {
  readonly title: string;
  readonly seconds: number;
  readonly subjects: Readonly<Record<string, Readonly<Record<string, Figure>>>>;
}

export function writeRecord(file: string, { outcomes, ...run }: Run): void {
  const seconds = Math.round((Date.now() - run.began.getTime()) / 1000);
  const works = Object.fromEntries(
    outcomes.map((outcome) => [
      outcome.work.name,
      { title: outcome.title, seconds: outcome.seconds, subjects: figuresOf(outcome) },
    ]),
  );
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ ...run, seconds, works }, null, 2)}\n`);
}

function figuresOf(outcome: Outcome): Record<string, Record<string, Figure>> {
  const { work, samples } = outcome;
  return Object.fromEntries(
    [...samples.keys()].map((subject) => [
      subject,
      Object.fromEntries(
        work.metrics.map(({ key }) => [key, figure([outcome], work.name, subject, key)]),
      ),
    ]),
  );
}
