/** What a run leaves behind, to be compared with another run on the same machine only. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { mcpGoSources, root } from '../paths.js';
import type { Form } from '../scale.js';
import type { Sample } from '../works/work.js';

export interface RunRecord {
  /** Processors, memory, and the versions of all that was measured. */
  readonly machine: string;
  /** As `process.version` writes it. */
  readonly node: string;
  readonly form: Form;
  /** ISO 8601. */
  readonly began: string;
  /** Whether V8 took profiles meanwhile. */
  readonly profiled?: boolean;
  readonly works: Works;
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
  const manifest = readFileSync(new URL(path, root), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
