import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { report } from '../support/script-report.js';

/** `npm test` stays quick; RESUME_SESSIONS=10000 is what is promised. */
const SESSIONS = Number(process.env.RESUME_SESSIONS ?? 2_000);
/** So that a log is full after some thirty messages. */
const TOTAL_BYTES = SESSIONS * 6_500;
/**
 * What a detached session costs beside its log: measured 1.9 KB on Node 20, with the handler of
 * this spec. An MCP server of an SDK comes on top.
 */
const SESSION_BYTES = 4 * 1_024;

interface Report {
  /** Bytes of heap, beyond what the process had before the first session. */
  readonly heap: number;
  readonly sessions: number;
  readonly evicted: number;
}

it('detached sessions with full logs stay within limits.maxTotalBytes and 4 KiB each', async () => {
  const script = fileURLToPath(new URL('../support/programs/fill-logs.ts', import.meta.url));
  const { heap, sessions, evicted } = await report<Report>(script, [SESSIONS, TOTAL_BYTES]);
  if (process.env.RESUME_SESSIONS) {
    console.log(`${SESSIONS} sessions, ${TOTAL_BYTES} bytes for logs: ${heap} bytes of heap`);
  }
  expect(heap).toBeLessThan(TOTAL_BYTES + SESSIONS * SESSION_BYTES);
  // The logs are full: some sessions had to go, and most are there.
  expect(evicted).toBe(SESSIONS - sessions);
  expect(evicted).toBeGreaterThan(0);
  expect(sessions).toBeGreaterThan(SESSIONS / 2);
}, 300_000);
