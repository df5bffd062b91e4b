import type { Options } from './options.js';
import type { Scale } from './scale.js';
import { ServerProcess } from './server/server-process.js';
import type { SubjectName } from './subjects/index.js';
import type { Sample, Trial, Work } from './works/work.js';

/** What a work gave: a sample per round, for each subject. */
export interface Outcome {
  readonly work: Work;
  readonly title: string;
  readonly seconds: number;
  readonly samples: ReadonlyMap<SubjectName, readonly Sample[]>;
}

interface Running {
  readonly trial: Trial;
  readonly samples: Sample[];
}

/** The subjects that take part in a work. */
export function participants(work: Work, options: Options): readonly SubjectName[] {
  const { subjects } = options;
  if (subjects !== undefined) return work.subjects.filter((name) => subjects.includes(name));
  return options.quick ? (work.quickSubjects ?? work.subjects) : work.subjects;
}

/**
 * Starts a process for each subject, then goes round them, so that what disturbs the machine for
 * a while disturbs them all.
 */
export async function conduct(work: Work, options: Options, scale: Scale): Promise<Outcome> {
  const began = performance.now();
  const servers = participants(work, options).map(
    (name) => new ServerProcess(name, options.profiles),
  );
  const running = new Map<SubjectName, Running>();
  try {
    await Promise.all(servers.map((server) => server.listening()));
    for (const server of servers) {
      const trial = await work.start(server, scale);
      running.set(server.subject, { trial, samples: [] });
    }
    const rounds = options.rounds ?? work.rounds(scale);
    for (let round = 0; round < rounds; round++) await goRound([...running.values()], round);
  } finally {
    for (const { trial } of running.values()) trial.end();
    await Promise.all(servers.map((server) => server.stop()));
  }
  return {
    work,
    title: work.title(scale),
    seconds: Math.round((performance.now() - began) / 1000),
    samples: new Map([...running].map(([name, { samples }]) => [name, samples])),
  };
}

/** Each round begins with another subject: nobody is always the first, or after the same. */
async function goRound(running: readonly Running[], round: number): Promise<void> {
  for (let step = 0; step < running.length; step++) {
    const one = running[(round + step) % running.length];
    if (one !== undefined) one.samples.push(await one.trial.round());
  }
}
