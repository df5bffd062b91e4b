import { subscribe } from 'node:diagnostics_channel';

import type { McpSseChannels, McpSseRouter, McpSseStats } from 'express-mcp-sse';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

type Values = number | Partial<Record<string, number>>;

/** Gauges. */
const GAUGES: [name: string, help: string, read: (stats: McpSseStats) => number][] = [
  ['mcp_sse_sessions', 'Sessions', ({ sessions }) => sessions],
  ['mcp_sse_requests_in_flight', 'Requests that are running', ({ inFlight }) => inFlight],
  ['mcp_sse_connected', 'Sessions with a stream', ({ connected }) => connected],
  ['mcp_sse_detached', 'Sessions whose client may come back', ({ detached }) => detached],
  ['mcp_sse_total_bytes', 'Bytes of the budget in use', ({ totalBytes }) => totalBytes],
  ['mcp_sse_buffered_bytes', 'Bytes that wait for readers', ({ bufferedBytes }) => bufferedBytes],
];

/** Counters since the start; a record has one number for each value of the label. */
const COUNTERS: [
  name: string,
  help: string,
  label: string,
  read: (stats: McpSseStats) => Values,
][] = [
  ['mcp_sse_opened_total', 'Sessions opened', '', ({ totals: { opened } }) => opened],
  ['mcp_sse_closed_total', 'Sessions closed', 'reason', ({ totals: { closed } }) => closed],
  ['mcp_sse_detached_total', 'Streams lost', '', ({ totals: { detached } }) => detached],
  ['mcp_sse_resumed_total', 'Streams resumed', '', ({ totals: { resumed } }) => resumed],
  [
    'mcp_sse_messages_in_total',
    'Messages of clients',
    '',
    ({ totals: { messagesIn } }) => messagesIn,
  ],
  [
    'mcp_sse_messages_out_total',
    'Messages to clients',
    '',
    ({ totals: { messagesOut } }) => messagesOut,
  ],
  [
    'mcp_sse_discarded_total',
    'Messages that came too late',
    '',
    ({ totals: { discarded } }) => discarded,
  ],
  ['mcp_sse_refused_total', 'Requests refused', 'code', ({ totals: { refused } }) => refused],
  ['mcp_sse_errors_total', 'Errors reported', 'code', ({ totals: { errors } }) => errors],
];

/** The counters of a router, read when Prometheus asks, and two histograms of what passes by. */
export function prometheusOf(mcp: McpSseRouter): Registry {
  const registry = new Registry();
  const registers = [registry];
  for (const [name, help, read] of GAUGES) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(mcp.stats()));
      },
    });
  }
  for (const [name, help, label, read] of COUNTERS) {
    new Counter({
      name,
      help,
      registers,
      labelNames: label === '' ? [] : [label],
      collect() {
        const values = read(mcp.stats());
        this.reset();
        if (typeof values === 'number') this.inc(values);
        else for (const [key, value] of Object.entries(values)) this.inc({ [label]: key }, value);
      },
    });
  }
  observeUsage(mcp, registers);
  observeChannels(registers);
  return registry;
}

const CALLER = [
  'client',
  'version',
  'protocolVersion',
  'principal',
  'userAgent',
  'transport',
] as const;

/** Who uses this node: at most 1,000 time series each, of which old ones end as others begin. */
function observeUsage(mcp: McpSseRouter, registers: Registry[]): void {
  for (const what of ['sessions', 'requests', 'refused'] as const) {
    new Counter({
      name: `mcp_sse_usage_${what}_total`,
      help: `By client and principal: ${what}`,
      registers,
      labelNames: CALLER,
      async collect() {
        // Of this node alone: Prometheus asks each of them, and adds up.
        const { rows } = await mcp.usage({ local: true });
        this.reset();
        for (const row of rows) {
          const labels = CALLER.map((name) => [name, row[name] ?? ''] as const);
          this.inc(Object.fromEntries(labels), row[what]);
        }
      },
    });
  }
}

/** Channels are those of the process: of all its routers. */
function observeChannels(registers: Registry[]): void {
  const bytes = new Histogram({
    name: 'mcp_sse_message_out_bytes',
    help: 'Size of messages to clients',
    // Not the method: clients choose it, and each new one would be a new time series.
    labelNames: ['kind'],
    buckets: [256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576],
    registers,
  });
  subscribe('mcp-sse:message.out', (payload) => {
    const { kind, bytes: size } = payload as McpSseChannels['mcp-sse:message.out'];
    if (size !== undefined) bytes.observe({ kind }, size);
  });
  const waits = new Histogram({
    name: 'mcp_sse_reader_wait_seconds',
    help: 'How long writes waited for their reader',
    buckets: [0.001, 0.01, 0.1, 1, 10, 30],
    registers,
  });
  subscribe('mcp-sse:writer.stall', (payload) => {
    const { waitedMs } = payload as McpSseChannels['mcp-sse:writer.stall'];
    waits.observe(waitedMs / 1_000);
  });
}
