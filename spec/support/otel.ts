import { AsyncLocalStorage } from 'node:async_hooks';

import {
  context,
  propagation,
  ROOT_CONTEXT,
  trace,
  type Context,
  type ContextManager,
  type TextMapGetter,
  type TextMapPropagator,
} from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';

import type { McpSseOptions } from '../../lib/index.js';
import { instrument, type InstrumentOptions } from '../../lib/otel/index.js';
import { serve } from './serve.js';

/** What an application's SDK registers: contexts that follow promises. */
class Contexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  active = (): Context => this.#storage.getStore() ?? ROOT_CONTEXT;
  with: ContextManager['with'] = (within, fn, self, ...args) =>
    this.#storage.run(within, () => fn.call(self as never, ...args));
  bind = <T>(_within: Context, target: T): T => target;
  enable = (): this => this;
  disable = (): this => this;
}

/** W3C's, as far as it is needed. */
class TraceContext implements TextMapPropagator {
  inject = (): void => {};
  fields = (): string[] => ['traceparent'];
  extract(into: Context, carrier: unknown, getter: TextMapGetter): Context {
    const value = getter.get(carrier, 'traceparent');
    const [, traceId, spanId] = /^00-(\w{32})-(\w{16})-01$/.exec(String(value)) ?? [];
    if (traceId === undefined || spanId === undefined) return into;
    return trace.setSpanContext(into, { traceId, spanId, traceFlags: 1, isRemote: true });
  }
}

/** Registers what an application's SDK registers, for the tests of a file. */
export function useOpenTelemetry(): void {
  beforeAll(() => {
    context.setGlobalContextManager(new Contexts());
    propagation.setGlobalPropagator(new TraceContext());
  });
  afterAll(() => {
    context.disable();
    propagation.disable();
  });
}

/** A router whose spans and metrics the spec can read. */
export async function observed(options: McpSseOptions = {}, more: InstrumentOptions = {}) {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const measured = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: measured });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const served = await serve(options);
  const stop = instrument(served.mcp, { tracerProvider, meterProvider, ...more });
  onTestFinished(async () => {
    stop();
    await meterProvider.shutdown();
  });
  return {
    ...served,
    stop,
    tracer: tracerProvider.getTracer('spec'),
    spans: (): ReadableSpan[] => exporter.getFinishedSpans(),
    /** The attributes and the values of a metric. */
    async points(name: string) {
      await reader.forceFlush();
      const all = measured
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.flatMap(({ metrics }) => metrics);
      const metric = all?.find(({ descriptor }) => descriptor.name === name);
      return metric?.dataPoints.map(({ attributes, value }) => ({ attributes, value })) ?? [];
    },
  };
}

/** The only span of that name. */
export const named = (spans: ReadableSpan[], name: string): ReadableSpan => {
  const found = spans.filter((span) => span.name === name);
  expect(found, name).toHaveLength(1);
  return found[0]!;
};
