/** What a run leaves behind, to be compared with another run on the same machine only. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { mcpGoSources, root } from '../paths.js';
import type { Form } from '../scale.js';
import type { Sample } from '../works/work.js';
import type { Shares } from './profile.js';

export interface RunRecord {
  /** Processors, memory, and the versions of all that was measured. */
  readonly machine: string;
  /** As `process.version` writes it. */
  readonly node: string;
  readonly form: Form;
  /** ISO 8601. */
  readonly began: string;
  readonly works: Works;
  /** By subject, in a run with profiles. */
  readonly shares?: Readonly<Record<string, Shares>> | undefined;
}

/** By name. */
export type Works = Readonly<Record<string, WorkRecord>>;

export interface WorkRecord {
  readonly title: string;
  readonly seconds: number;
  /** By subject, a sample per round. */
  readonly samples: Readonly<Record<string, readonly Sample[]>>;
}

/** All rounds of one metric; empty when it was not measured, NaN where a round has no figure. */
export function valuesOf(works: Works, work: string, subject: string, metric: string): number[] {
  const samples = works[work]?.samples[subject] ?? [];
  // What is NaN is null in a file.
  return samples.map((sample) => sample[metric] ?? Number.NaN);
}

export function writeRecord(file: string, record: RunRecord): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`);
}

export function readRecord(file: string): RunRecord {
  return JSON.parse(readFileSync(file, 'utf8')) as RunRecord;
}

export function thisMachine(): string {
  const [{ model } = { model: 'unknown' }, ...more] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const computer = `${model.trim()}, ${more.length + 1} cores, ${memory} GiB`;
  const mcp = '@modelcontextprotocol';
  const packages = ['express', `${mcp}/sdk`, `${mcp}/server`, `${mcp}/server-legacy`, 'zod'];
  const versions = [
    `express-mcp-sse ${versionIn('package.json')}`,
    ...packages.map((name) => `${name} ${versionIn(`node_modules/${name}/package.json`)}`),
    /mcp-go v\S+/.exec(readFileSync(`${mcpGoSources}go.mod`, 'utf8'))?.[0] ?? '',
  ];
  const system = `${process.platform} ${process.arch}, Node ${process.version}`;
  return `${computer}, ${system}. ${versions.join(', ')}.`;
}

function versionIn(path: string): string {
  const file = new URL(path, root);
  if (!existsSync(file)) return 'missing';
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
