// Datadog's tracer; its agent is not there, so that what it sends is lost.
process.env.DD_INSTRUMENTATION_TELEMETRY_ENABLED = 'false';
process.env.DD_TRACE_STARTUP_LOGS = 'false';
process.env.DD_REMOTE_CONFIGURATION_ENABLED = 'false';
const tracer = require('dd-trace').init({ url: 'http://127.0.0.1:9', logger: silent() });
let spans = 0;
const { startSpan } = tracer._tracer;
tracer._tracer.startSpan = function (...args) {
  spans += 1;
  return startSpan.apply(this, args);
};
globalThis.agentSpans = () => spans;

function silent() {
  const none = () => undefined;
  return { error: none, warn: none, info: none, debug: none };
}
