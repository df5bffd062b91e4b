// The bridge under load, with crowds that come and go, with upstreams that die, and with servers of
// other languages behind it. Prints what was done; nothing may be swapped, lost or left.
import { runProgram } from '../support/program/program.js';
import { checkDrops, checkLoad, checkPeer, checkRestarts } from './checks.js';
import { checkPeers } from './peers.js';

await runProgram({
  name: 'test:bridge',
  flags: {
    sessions: { default: 100, help: 'sessions at a time' },
    calls: { default: 100, help: 'calls of each' },
    drops: { default: 1_000, help: 'sessions that are opened and dropped' },
    only: { default: '', help: 'load, drops, restarts or peers' },
  },
  async run({ sessions, calls, drops, only }, report) {
    const wants = (part: string): boolean => only === '' || only === part;
    if (wants('load')) await checkLoad(report, sessions, calls);
    if (wants('drops')) await checkDrops(report, drops);
    if (wants('restarts')) await checkRestarts(report);
    if (wants('peers')) await checkPeers(report, (...peer) => checkPeer(report, ...peer));
  },
});
