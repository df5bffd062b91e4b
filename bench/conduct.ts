/** Does one work with all its subjects in turn. */
import type { Options } from './options.js';
import type { WorkRecord } from './report/record.js';
import { scales } from './scale.js';
import { ServerProcess } from './server/server-process.js';
import type { SubjectName } from './subjects/index.js';
import type { Sample, Work } from './works/work.js';

/**
 * Starts a process for each subject, then goes round them, so that what disturbs the machine for a
 * while disturbs them all.
 */
export async function conduct(
  work: Work,
  names: readonly SubjectName[],
  { form, rounds, profiles }: Pick<Options, 'form' | 'rounds' | 'profiles'>,
): Promise<WorkRecord> {
  const scale = scales[form];
  const began = performance.now();
  const release = await work.prepare?.();
  const servers = await Promise.all(names.map((name) => ServerProcess.start(name, profiles)));
  const trials = [];
  for (const server of servers) {
    const { round, end } = await work.start(server, scale);
    trials.push({ name: server.subject, round, end, samples: [] as Sample[] });
  }
  const count = rounds ?? (work.long ? scale.longRounds : scale.rounds);
  for (let number = 0; number < count; number++) {
    // Each round begins with another subject: none is always the first, or after the same.
    const first = number % trials.length;
    for (const { round, samples } of [...trials.slice(first), ...trials.slice(0, first)]) {
      samples.push(await round());
    }
  }
  for (const { end } of trials) await end();
  await Promise.all(servers.map((server) => server.stop()));
  await release?.();
  return {
    title: work.title(scale),
    seconds: Math.round((performance.now() - began) / 1000),
    samples: Object.fromEntries(trials.map(({ name, samples }) => [name, samples])),
  };
}
