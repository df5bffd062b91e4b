import { expect, it } from 'vitest';

import config from '../../vitest.config.js';
import { readText } from '../support/snippets.js';

// Each run of .ci/run takes some projects of vitest.config.ts. One that none takes shows nothing, and
// one that two take costs minutes: of several negated names, Vitest takes all that match any.
const commands = [
  (JSON.parse(readText('package.json')) as { scripts: { test: string } }).scripts.test,
  ...readText('.ci/run')
    .replaceAll(/\\\n/g, '')
    .split('\n')
    .filter((line) => line.includes('--project') && !line.includes('.spec.ts')),
];
const named = commands
  .flatMap((command) => [...command.matchAll(/--project ["']?([^\s"']+)/g)])
  .map(([, name = '']) => name);
const projects = (config.test?.projects ?? []).map((project) => {
  const name = typeof project === 'object' && 'test' in project && project.test.name;
  return typeof name === 'string' ? name : '';
});

it.each(projects)('.ci/run runs project %s once', (project) => {
  const matching = named.filter((name) =>
    new RegExp(`^${name.replaceAll('*', '.*')}$`).test(project),
  );
  expect(matching).toHaveLength(1);
});
