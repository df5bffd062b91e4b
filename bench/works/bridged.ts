/** What a bridge to a stdio server adds to a call. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Calls } from '../load/expectations.js';
import { Fleet, keepBusy } from '../load/fleet.js';
import { patienceMs } from '../load/verdict.js';
import { bridgeVersions, installBridges, stdioServer } from '../subjects/bridges.js';
import { costOfCalls, latenciesOf } from './measure.js';
import type { Work } from './work.js';

const inFlight = 8;
const versions = Object.entries(bridgeVersions).map((entry) => entry.join(' '));

export const bridged: Work = {
  name: 'bridged',
  title: () =>
    `calls of one session to a stdio server, ${inFlight} in flight; ${versions.join(', ')}`,
  subjects: ['ours-bridge', 'mcp-proxy', 'supergateway'],
  apart: true,
  baseline: 'mcp-proxy',
  metrics: [
    { key: 'direct', title: 'p50 without a bridge µs', digits: 0 },
    { key: 'p50', title: 'p50 µs', digits: 0 },
    { key: 'added', title: 'added µs', digits: 0, ratio: true },
    { key: 'cpu', title: 'CPU µs/call', digits: 0, ratio: true },
  ],
  prepare: async () => {
    await installBridges();
  },
  start: async (server, { warmUpMs, leadInMs, windowMs }) => {
    const { verdict } = server;
    const fleet = new Fleet(server);
    await fleet.growTo(1);
    const child = spawn(process.execPath, [stdioServer], { stdio: ['pipe', 'pipe', 'inherit'] });
    const calls = new Calls(0, verdict);
    createInterface({ input: child.stdout }).on('line', (line) => calls.receive(line));
    const call = (onDone: (micros: number) => void) => {
      const began = performance.now();
      const body = calls.next(undefined, () => onDone((performance.now() - began) * 1000));
      child.stdin.write(`${body}\n`);
    };
    const callers = Array.from({ length: inFlight }, () => call);
    const measure = async (ms: number) => {
      const micros = keepBusy(callers, ms);
      const direct = latenciesOf(await verdict.within(ms + patienceMs, 'answers', micros)).p50;
      const sample = await fleet.withCalls(inFlight, (run) =>
        costOfCalls([server], run, leadInMs, ms),
      );
      return { ...sample, direct, added: sample.p50 - direct };
    };
    await measure(warmUpMs);
    const end = () => {
      fleet.close();
      child.kill();
    };
    return { round: () => measure(windowMs), end };
  },
};
