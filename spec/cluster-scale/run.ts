// `node --expose-gc --import tsx spec/cluster-scale/run.ts`: what 3 to 1,000 nodes cost, in one
// process and without sockets. One number, or several, are other sizes.
import { simulate, type Costs } from './simulation.js';

const sizes = process.argv.slice(2).map(Number);
const rows: string[] = [];
for (const nodes of sizes.length > 0 ? sizes : [3, 30, 300, 1_000]) {
  const costs = await simulate({ nodes, seconds: 10, postsPerSecond: 500, patienceMs: 45_000 });
  rows.push(rowOf(costs));
  console.log(rows.at(-1));
}
process.exit(0);

function rowOf(costs: Costs): string {
  const { nodes, heartbeatMs, quietDeliveries, deliveries, posts, bytes, links, kib } = costs;
  const cells = [
    nodes,
    `${(heartbeatMs / 1_000).toFixed(1)} s`,
    quietDeliveries.toFixed(0),
    `${deliveries.toFixed(0)} for ${posts.toFixed(0)} POSTs, ${costs.failed} failed`,
    `${(bytes / 1_024).toFixed(0)} KiB`,
    links,
    `${kib.toFixed(1)} KiB`,
    `${costs.noticedBySender.toFixed(1)} s`,
    costs.noticedByOthers === undefined
      ? 'more than 45 s'
      : `${costs.noticedByOthers.toFixed(1)} s`,
  ];
  return `| ${cells.join(' | ')} |`;
}
