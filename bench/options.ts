import { parseArgs } from 'node:util';
import { isSubjectName, subjectNames, type SubjectName } from './subjects/index.js';
import { works } from './works/index.js';
import type { Work } from './works/work.js';

export interface Options {
  readonly quick: boolean;
  readonly works: readonly Work[];
  /** `undefined`: those that each work has by itself. */
  readonly subjects: readonly SubjectName[] | undefined;
  readonly rounds: number | undefined;
  readonly json: string | undefined;
  /** A folder for V8's CPU profiles of the servers. */
  readonly profiles: string | undefined;
  /** Records of runs whose figures go into the page, in place of a run. */
  readonly page: readonly string[] | undefined;
}

export const usage = `npm run bench -- [options]
  --quick            the short form, under three minutes on two cores
  --only a,b         only these works: ${works.map(({ name }) => name).join(', ')}
  --subjects a,b     only these subjects: ${subjectNames.join(', ')}
  --rounds N         rounds of each work
  --json FILE        where the figures go (bench/results/latest.json)
  --cpu-prof DIR     write V8's CPU profile of each server's process, one folder per subject
  --page a,b,c       measure nothing: put the figures of these --json files into docs/performance.md`;

/** @throws Error with a text for the user */
export function readOptions(args: string[]): Options | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      subjects: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'string' },
      'cpu-prof': { type: 'string' },
      page: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    quick: values.quick,
    works: values.only === undefined ? works : values.only.split(',').map(workNamed),
    subjects: values.subjects?.split(',').map(subjectNamed),
    rounds: values.rounds === undefined ? undefined : positive(values.rounds),
    json: values.json,
    profiles: values['cpu-prof'],
    page: values.page?.split(','),
  };
}

function workNamed(name: string): Work {
  const work = works.find((known) => known.name === name);
  if (work === undefined) throw new Error(`no such work: ${name}`);
  return work;
}

function subjectNamed(name: string): SubjectName {
  if (!isSubjectName(name)) throw new Error(`no such subject: ${name}`);
  return name;
}

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`not a number of rounds: ${text}`);
  return number;
}
