import { loadESLint } from '/work/main/node_modules/eslint/lib/api.js';
const ESLint = await loadESLint({ useFlatConfig: false });
const e = new ESLint({ extensions: ['.ts'] });
const r = await e.lintFiles(['lib/redis','lib/nats','lib/cluster/local-engine.ts','spec/redis','spec/nats','spec/cluster/engine-contract.ts','spec/cluster/engine-faults.ts','spec/cluster/engine-node.ts','spec/cluster/local-engine.spec.ts','spec/support/redis-server.ts','spec/support/redis-cluster.ts','spec/support/nats-server.ts','spec/support/server-process.ts','spec/support/wire.ts','spec/support/lasting-port.ts','spec/support/open-timers.ts']);
console.log(await (await e.loadFormatter('stylish')).format(r));
