import type { AdapterName } from '../adapters.js';
import type { EventName } from './events.js';

/** What clients of all kinds go through, with nodes of their own. */
export const ROWS: readonly (readonly [AdapterName, EventName])[] = [
  ['redis', 'deploys'],
  ['redis-cluster', 'deploys'],
  ['nats', 'deploys'],
  ['redis', 'crash'],
  ['redis-cluster', 'crash'],
  ['nats', 'crash'],
  ['redis', 'killed while handing over'],
  ['nats', 'killed while handing over'],
  ['redis', 'partition'],
  ['nats', 'partition'],
  ['redis', 'long partition'],
  ['nats', 'long partition'],
  ['redis', 'adapter away'],
  ['nats', 'adapter away'],
  ['redis', 'adapter long away'],
  ['sentinel', 'failover'],
  ['redis-cluster', 'failover'],
  ['nats-cluster', 'failover'],
];
