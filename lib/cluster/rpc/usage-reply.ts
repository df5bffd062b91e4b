// Checks the answer of another node to `usage`.
import { z } from 'zod';

import { MAX_ROWS, type UsageReport } from '../../session/events/usage-rows.js';
import { otherVersion } from '../../session/other-version.js';

const text = z.string().max(512).optional();
const count = z.int().min(0);
const row = z.object({
  client: text,
  version: text,
  protocolVersion: text,
  principal: text,
  userAgent: text,
  transport: z.enum(['sse', 'streamable']),
  sessions: count,
  requests: count,
  refused: count,
  firstSeen: count,
  lastSeen: count,
});
const report = z.object({ rows: z.array(row).max(MAX_ROWS), forgotten: count, since: count });

/** @throws McpSseError `internal` for anything but an answer to `usage` */
export function checkedUsage(answer: unknown): UsageReport {
  const result = report.safeParse(answer);
  if (!result.success) {
    throw otherVersion('an answer to usage() in an unknown format', 'internal');
  }
  return result.data as UsageReport;
}
