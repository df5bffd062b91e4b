// The counters and gauges of a router, read when metrics are collected.
import type { BatchObservableCallback, Meter } from '@opentelemetry/api';

import type { McpSseRouter } from '../index.js';

/** Publishes `stats()` until the function that it returns is called. */
export function observeStats(meter: Meter, { stats }: Pick<McpSseRouter, 'stats'>): () => void {
  const sessions = meter.createObservableGauge('mcp_sse.sessions', { unit: '{session}' });
  const inFlight = meter.createObservableGauge('mcp_sse.requests.in_flight', {
    unit: '{request}',
  });
  const buffered = meter.createObservableGauge('mcp_sse.buffered', { unit: 'By' });
  const held = meter.createObservableGauge('mcp_sse.held', { unit: 'By' });
  const opened = meter.createObservableCounter('mcp_sse.opened', { unit: '{session}' });
  const closed = meter.createObservableCounter('mcp_sse.closed', { unit: '{session}' });
  const refused = meter.createObservableCounter('mcp_sse.refused', { unit: '{request}' });
  const errors = meter.createObservableCounter('mcp_sse.errors', { unit: '{error}' });
  const messages = meter.createObservableCounter('mcp_sse.messages', { unit: '{message}' });
  const all = [sessions, inFlight, buffered, held, opened, closed, refused, errors, messages];
  const observe: BatchObservableCallback = (observer) => {
    const { totals, ...gauges } = stats();
    observer.observe(sessions, gauges.connected, { state: 'connected' });
    observer.observe(sessions, gauges.detached, { state: 'detached' });
    observer.observe(inFlight, gauges.inFlight);
    observer.observe(buffered, gauges.bufferedBytes);
    observer.observe(held, gauges.totalBytes);
    observer.observe(opened, totals.opened);
    for (const [reason, count] of Object.entries(totals.closed))
      observer.observe(closed, count, { reason });
    for (const [code, count] of Object.entries(totals.refused))
      observer.observe(refused, count, { code });
    for (const [code, count] of Object.entries(totals.errors))
      observer.observe(errors, count, { code });
    observer.observe(messages, totals.messagesIn, { direction: 'in' });
    observer.observe(messages, totals.messagesOut, { direction: 'out' });
  };
  meter.addBatchObservableCallback(observe, all);
  return () => {
    meter.removeBatchObservableCallback(observe, all);
  };
}
