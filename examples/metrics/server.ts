// Metrics: GET /metrics for Prometheus, and the same through OpenTelemetry, printed each five
// seconds. One of the two is enough.
//
//   npx tsx examples/metrics/server.ts
import { metrics } from '@opentelemetry/api';
import {
  ConsoleMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import express from 'express';
import { mcpSse } from 'express-mcp-sse';
import { instrument } from 'express-mcp-sse/otel';

import { prometheusOf } from './prometheus.js';

// An OTLP exporter would stand here instead.
const reader = new PeriodicExportingMetricReader({
  exporter: new ConsoleMetricExporter(),
  exportIntervalMillis: 5_000,
});
const provider = new MeterProvider({ readers: [reader] });
metrics.setGlobalMeterProvider(provider);

const app = express();
const mcp = mcpSse();
app.use(mcp);
instrument(mcp);

const prometheus = prometheusOf(mcp);
app.get('/metrics', async (_req, res) => {
  res.type(prometheus.contentType).send(await prometheus.metrics());
});

const port = Number(process.env.PORT ?? 3000);
const server = app.listen(port, '127.0.0.1', (error) => {
  if (error) throw error;
  console.log(`MCP over HTTP+SSE: http://127.0.0.1:${port}/sse`);
  console.log(`Prometheus:        http://127.0.0.1:${port}/metrics`);
});

// Lets running calls finish, then ends the streams and the process.
function stop(): void {
  void mcp
    .close()
    .then(() => provider.shutdown())
    .then(() => server.close());
}
process.once('SIGINT', stop).once('SIGTERM', stop);
