import { subscribe } from 'node:diagnostics_channel';

import { metrics } from '@opentelemetry/api';
import type { McpSseChannels, McpSseRouter } from 'express-mcp-sse';

/** The same by OpenTelemetry's API; which SDK and exporter carry it is up to the application. */
export function meter(mcp: McpSseRouter): void {
  const meter = metrics.getMeter('express-mcp-sse');

  const sessions = meter.createObservableGauge('mcp_sse.sessions');
  const inFlight = meter.createObservableGauge('mcp_sse.requests.in_flight');
  const buffered = meter.createObservableGauge('mcp_sse.buffered', { unit: 'By' });
  const closed = meter.createObservableCounter('mcp_sse.closed');
  const refused = meter.createObservableCounter('mcp_sse.refused');
  meter.addBatchObservableCallback(
    (observer) => {
      const stats = mcp.stats();
      observer.observe(sessions, stats.sessions);
      observer.observe(inFlight, stats.inFlight);
      observer.observe(buffered, stats.bufferedBytes);
      for (const [reason, count] of Object.entries(stats.totals.closed)) {
        observer.observe(closed, count, { reason });
      }
      for (const [code, count] of Object.entries(stats.totals.refused)) {
        observer.observe(refused, count, { code });
      }
    },
    [sessions, inFlight, buffered, closed, refused],
  );

  const messages = meter.createCounter('mcp_sse.messages');
  for (const direction of ['in', 'out'] as const) {
    subscribe(`mcp-sse:message.${direction}`, (payload) => {
      const { kind } = payload as McpSseChannels['mcp-sse:message.in'];
      messages.add(1, { direction, kind });
    });
  }

  const waits = meter.createHistogram('mcp_sse.reader.wait', { unit: 'ms' });
  subscribe('mcp-sse:writer.stall', (payload) => {
    const { waitedMs, drained } = payload as McpSseChannels['mcp-sse:writer.stall'];
    waits.record(waitedMs, { drained });
  });
}
