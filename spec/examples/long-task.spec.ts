import { expect, it, onTestFinished } from 'vitest';

import { lastingPort } from '../support/lasting-port.js';
import { ScriptProcess } from '../support/script-process.js';

it('reports progress across a cut, and stops when it is cancelled', async () => {
  const script = new ScriptProcess('examples/long-task/client.ts', await lastingPort());
  onTestFinished(async () => {
    script.kill('SIGKILL');
    await script.ended;
  });
  const { code } = await script.ended;
  const { stdout, stderr } = script;
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  const [first = '', second = ''] = stdout.split('A task that is cancelled');
  const steps = [...first.matchAll(/source (\d+) of 12/g)].map(([, step]) => Number(step));
  // Each once and in order. Those that arrive together with the result the SDK's client drops.
  expect(steps).toEqual(Array.from({ length: steps.length }, (_, index) => index + 1));
  expect(steps.length).toBeGreaterThan(3);
  expect(first).toContain('-- the connection is lost --');
  expect(first).toContain('Read 12 sources');
  expect(second).toContain('that is enough');
  expect(second).toContain('the server says: {"running":0,"finished":1,"cancelled":1}');
}, 60_000);
