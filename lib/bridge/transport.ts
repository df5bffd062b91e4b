// Opens a transport to the upstream: over HTTP, or to a process of its own.
import type { Transport } from '@modelcontextprotocol/client';

import type { RefusedToken } from './authorization.js';
import { ChildTransport } from './child-transport.js';
import type { HeaderRecord } from './forwarded-headers.js';
import { HttpTransport } from './http-transport.js';
import type { SessionReport, Statistics } from './statistics.js';

/**
 * Returns a transport that is not started.
 *
 * @param latest returns the headers of the caller's last request
 */
export function openTransport(
  statistics: Statistics,
  report: SessionReport,
  latest: () => HeaderRecord,
  refusedToken: RefusedToken,
): Transport {
  const { settings } = statistics;
  const { upstream, closeTimeoutMs, maxMessageBytes } = settings;
  if (upstream instanceof URL) {
    return new HttpTransport(upstream, { settings, report, latest, refusedToken });
  }
  return new ChildTransport({
    command: upstream,
    closeTimeoutMs,
    maxMessageBytes,
    stderr: report.stderr,
    counted: (change) => {
      statistics.processes += change;
    },
  });
}
