/** The benchmark's targets, on figures that are written down here: nothing is measured. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { RunRecord, Works } from '../../bench/report/record.js';
import { judge, shortfall } from '../../bench/report/targets.js';

/** One round of bursts: CPU of raw-http, and of the handler. */
const bursts = (...rounds: [raw: number, handler: number][]): Works => ({
  burst: {
    title: 'burst',
    seconds: 1,
    samples: {
      'raw-http': rounds.map(([cpu]) => ({ cpu })),
      'ours-handler': rounds.map(([, cpu]) => ({ cpu })),
    },
  },
});

const ofBurst = (works: Works) =>
  judge(works).find(({ what }) => what === 'burst, cpu: ours-handler × raw-http')!;

describe('judge', () => {
  it('takes the median of the ratios of the rounds', () => {
    const judged = ofBurst(bursts([3, 1.2], [6, 2.4], [3, 3]));
    expect(judged).toMatchObject({ value: expect.closeTo(0.4), mark: 'ok', target: '≤ 0.42' });
  });

  it('marks missed targets', () => {
    const judged = ofBurst(bursts([3, 1.5]));
    expect(judged).toMatchObject({ value: 0.5, mark: 'SHORT' });
  });

  it('counts a figure that a round did not measure as missed', () => {
    expect(ofBurst(bursts([3, Number.NaN])).mark).toBe('SHORT');
  });

  it('does not judge targets that were not run', () => {
    const judged = judge(bursts([3, 1.2]));
    expect(judged.filter(({ mark }) => mark !== 'not run')).toHaveLength(1);
    expect(shortfall(judged)).toBeUndefined();
  });

  it('compares growth with the growth of raw-http', () => {
    const samples = {
      'raw-http': [{ cpuFew: 20, cpuMany: 30, heapSome: 5, heapMany: 5 }],
      'ours-handler': [{ cpuFew: 20, cpuMany: 36, heapSome: 10, heapMany: 13 }],
    };
    const judged = judge({ growth: { title: '', seconds: 1, samples } });
    expect(judged.filter(({ mark }) => mark !== 'not run')).toMatchObject([
      { target: '≤ 1.15', mark: 'SHORT', value: expect.closeTo(1.2) },
      { target: '0.85–1.15', mark: 'SHORT', value: 1.3 },
    ]);
  });

  it('subtracts the time of a local call from a relayed one', () => {
    const samples = { 'ours-at-home': [{ p50: 300 }], 'ours-relayed': [{ p50: 600 }] };
    const judged = judge({ relayed: { title: '', seconds: 1, samples } });
    expect(judged.find(({ target }) => target === '≤ 350 µs')).toMatchObject({ value: 300 });
  });

  it('fails a check that has compared nothing', () => {
    expect(shortfall(judge({}))).toBe('no target was measured');
  });
});

describe('npm run bench -- --check', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bench-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  /** Resolves with the exit code and the output of the command on a recorded run. */
  async function check(works: Works, node = 'v24.0.0', form: RunRecord['form'] = 'quick') {
    const file = join(folder, 'run.json');
    const record: RunRecord = { machine: '', node, form, began: '', works };
    await writeFile(file, JSON.stringify(record));
    const args = ['--import', 'tsx', 'bench/run.ts', '--from', file, '--check'];
    return new Promise<{ code: unknown; output: string }>((resolve) => {
      execFile(process.execPath, args, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : error.code, output: stdout + stderr });
      });
    });
  }

  it('exits with 0 when all measured targets are reached', async () => {
    const { code, output } = await check(bursts([3, 1.2]));
    expect(output).toContain('burst, cpu: ours-handler × raw-http');
    expect(code).toBe(0);
  });

  it('exits with 1 when a target is missed', async () => {
    const { code, output } = await check(bursts([3, 1.5]));
    expect(output).toContain('SHORT 0.50');
    expect(code).toBe(1);
  });

  it('exits with 1 when a figure is missing', async () => {
    expect((await check(bursts([3, Number.NaN]))).code).toBe(1);
  });

  it('exits with 1 on a Node version without targets', async () => {
    const { code, output } = await check(bursts([3, 1.2]), 'v22.1.0');
    expect(output).toContain('not for v22.1.0');
    expect(code).toBe(1);
  });

  it('exits with 1 on a smoke run, whose figures mean nothing', async () => {
    expect((await check(bursts([3, 1.2]), 'v24.0.0', 'smoke')).code).toBe(1);
  });
});
