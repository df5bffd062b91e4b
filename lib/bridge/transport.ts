// Opens a transport to the upstream: over HTTP, or to a process of its own.
import type { Transport } from '@modelcontextprotocol/client';

import { ChildTransport } from './child-transport.js';
import { HttpTransport, type HttpSession } from './http-transport.js';
import type { Statistics } from './statistics.js';

/** Returns a transport that is not started. */
export function openTransport(statistics: Statistics, session: HttpSession): Transport {
  const { upstream, closeTimeoutMs, maxMessageBytes } = session.settings;
  if (upstream instanceof URL) return new HttpTransport(upstream, session);
  return new ChildTransport({
    command: upstream,
    closeTimeoutMs,
    maxMessageBytes,
    stderr: session.report.stderr,
    counted: (change) => {
      statistics.processes += change;
    },
  });
}
