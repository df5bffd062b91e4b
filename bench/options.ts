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
  --json FILE        where the record of all rounds goes (bench/results/latest.json)
  --cpu-prof DIR     write V8's CPU profile of each server's process, one folder per subject
  --from FILE        measure nothing: report the record in FILE, also with --check`;

const flag = { type: 'boolean', default: false } as const;
const value = { type: 'string' } as const;

export type Options = ReturnType<typeof readOptions>;

/** @throws Error with a text for the user */
export function readOptions(args: string[]) {
  const switches = { quick: flag, smoke: flag, check: flag, help: flag };
  const texts = { only: value, subjects: value, rounds: value, json: value, from: value };
  const { values } = parseArgs({ args, options: { ...switches, ...texts, 'cpu-prof': value } });
  const { check, help, json, from, 'cpu-prof': profiles } = values;
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(rounds >= 1)) throw new Error('--rounds takes a number');
  const form: Form = values.smoke ? 'smoke' : values.quick ? 'quick' : 'full';
  const plan = planOf(form, values.only?.split(','), values.subjects?.split(','));
  return { form, plan, rounds, check, help, json, from, profiles };
}

function planOf(
  form: Form,
  only: readonly string[] | undefined,
  subjects: readonly string[] | undefined,
): { work: Work; names: readonly SubjectName[] }[] {
  const known = new Set<string>([...works.map(({ name }) => name), ...subjectNames]);
  const unknown = [...(only ?? []), ...(subjects ?? [])].find((name) => !known.has(name));
  if (unknown !== undefined) throw new Error(`no ${unknown}: see --help`);
  const plan = works.map((work) => {
    const { name, apart, subjects: all, quickSubjects = [] } = work;
    // The short form is short because few subjects take part, unless works are named.
    const usual = form === 'quick' && only === undefined ? quickSubjects : all;
    const chosen = subjects && usual.length > 0 ? all.filter((it) => subjects.includes(it)) : usual;
    return { work, names: (only?.includes(name) ?? !apart) ? chosen : [] };
  });
  return plan.filter(({ names }) => names.length > 0);
}
