import type { Bridge, UpstreamStats } from 'express-mcp-sse/bridge';
import { Counter, Gauge, Registry } from 'prom-client';

type Totals = UpstreamStats['totals'];

const COUNTERS: [name: string, help: string, read: (totals: Totals) => number][] = [
  ['opened', 'Upstream connections made', ({ opened }) => opened],
  ['reconnects', 'Upstream connections made again', ({ reconnects }) => reconnects],
  ['requests', 'Requests of clients', ({ requests }) => requests],
  ['client_requests', 'Requests of the upstream', ({ clientRequests }) => clientRequests],
  ['dropped', 'Messages that nobody waits for', ({ dropped }) => dropped],
];

/**
 * What a bridge knows of its upstream, read when Prometheus asks. The labels have few values: the
 * upstream's name, six states, seven reasons. Sessions come and go, so none has a series of its own:
 * the dashboard names each with its upstream.
 */
export function prometheusOf(bridge: Bridge): Registry {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: 'mcp_sse_upstream_sessions',
    help: 'Sessions by the state of their upstream connection',
    labelNames: ['upstream', 'state'],
    registers,
    collect() {
      const { upstream, sessions } = bridge.stats();
      for (const [state, count] of Object.entries(sessions)) this.set({ upstream, state }, count);
    },
  });
  new Gauge({
    name: 'mcp_sse_upstream_processes',
    help: 'Processes of the command that run',
    labelNames: ['upstream'],
    registers,
    collect() {
      const { upstream, processes } = bridge.stats();
      this.set({ upstream }, processes);
    },
  });
  for (const [name, help, read] of COUNTERS) {
    new Counter({
      name: `mcp_sse_upstream_${name}_total`,
      help,
      labelNames: ['upstream'],
      registers,
      collect() {
        const { upstream, totals } = bridge.stats();
        this.reset();
        this.inc({ upstream }, read(totals));
      },
    });
  }
  new Counter({
    name: 'mcp_sse_upstream_errors_total',
    help: 'Failures of the upstream',
    labelNames: ['upstream', 'reason'],
    registers,
    collect() {
      const { upstream, totals } = bridge.stats();
      this.reset();
      for (const [reason, count] of Object.entries(totals.errors)) {
        this.inc({ upstream, reason }, count);
      }
    },
  });
  return registry;
}
