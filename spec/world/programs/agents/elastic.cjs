// Elastic's APM agent, with its transport switched off.
const apm = require('elastic-apm-node').start({
  serviceName: 'world',
  active: true,
  disableSend: true,
  centralConfig: false,
  cloudProvider: 'none',
  metricsInterval: '0s',
  logLevel: 'off',
});
let ended = 0;
const { endTransaction } = apm._instrumentation.addEndedTransaction
  ? { endTransaction: apm._instrumentation.addEndedTransaction }
  : {};
if (endTransaction) {
  apm._instrumentation.addEndedTransaction = function (...args) {
    ended += 1;
    return endTransaction.apply(this, args);
  };
}
globalThis.agentSpans = () => ended;
