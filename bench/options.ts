/** What the command line says. */
import { parseArgs } from 'node:util';
import type { Form } from './scale.js';
import { subjectNames, type SubjectName } from './subjects/index.js';
import { works } from './works/index.js';
import type { Work } from './works/work.js';

export const usage = `npm run bench -- [options]
  --quick            the short form, under three minutes on two cores
  --smoke            only shows that everything runs; the figures mean nothing
  --only a,b         only these works: ${works.map(({ name }) => name).join(', ')}
  --subjects a,b     only these subjects: ${subjectNames.join(', ')}
  --rounds N         rounds of each work
  --check            exit with 1 when a target is missed
  --node current     stay on this Node instead of the one that the targets are for
  --json FILE        where the record of all rounds goes (bench/results/latest.json)
  --cpu-prof DIR     write V8's CPU profile of each server's process, one folder per subject
  --from FILE        measure nothing: report the record in FILE, also with --check
  --page a,b,c       measure nothing: put the figures of these records into docs/performance.md`;

const flag = { type: 'boolean', default: false } as const;
const value = { type: 'string' } as const;

export type Options = ReturnType<typeof readOptions>;

/** @throws Error with a text for the user */
export function readOptions(args: string[]) {
  const switches = { quick: flag, smoke: flag, check: flag, help: flag };
  const files = { json: value, from: value, page: value, 'cpu-prof': value };
  const choices = { only: value, subjects: value, rounds: value, node: value };
  const { values } = parseArgs({ args, options: { ...switches, ...files, ...choices } });
  const { check, help, json, from, node, 'cpu-prof': profiles } = values;
  if (node !== undefined && node !== 'current') throw new Error(`--node current, not ${node}`);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(rounds >= 1)) throw new Error('--rounds takes a number');
  const form: Form = values.smoke ? 'smoke' : values.quick ? 'quick' : 'full';
  const plan = planOf(form, values.only?.split(','), values.subjects?.split(','));
  const page = values.page?.split(',');
  const currentNode = node === 'current';
  return { form, plan, rounds, check, help, currentNode, json, from, page, profiles };
}

function planOf(
  form: Form,
  only: readonly string[] | undefined,
  subjects: readonly string[] | undefined,
): { work: Work; names: readonly SubjectName[] }[] {
  const known = new Set<string>([...works.map(({ name }) => name), ...subjectNames]);
  const unknown = [...(only ?? []), ...(subjects ?? [])].find((name) => !known.has(name));
  if (unknown !== undefined) throw new Error(`no ${unknown}: see --help`);
  return works
    .filter(
      (work) => only?.includes(work.name) ?? (form !== 'quick' || work.quickSubjects.length > 0),
    )
    .map((work) => {
      // The short form is short because few subjects take part, unless works are named.
      const names = form === 'quick' && only === undefined ? work.quickSubjects : work.subjects;
      return {
        work,
        names: subjects ? work.subjects.filter((it) => subjects.includes(it)) : names,
      };
    });
}
