// Alone: it counts the sockets of the process.

import { expect, it } from 'vitest';

import { localAdapter } from '../../../lib/cluster/adapter/local-adapter.js';
import { adapterContract } from './adapter-contract.js';
import { AdapterNode } from './adapter-node.js';

adapterContract(
  'localAdapter()',
  async () => {
    const adapters = new Map<string, ReturnType<typeof localAdapter>>();
    return {
      // Its routers share the adapter itself; two adapters are what two prefixes are elsewhere.
      async node(prefix = 'one') {
        const adapter = adapters.get(prefix) ?? localAdapter();
        adapters.set(prefix, adapter);
        return { adapter, works: async () => {}, close: async () => {} };
      },
      stop: async () => {},
    };
  },
  { faults: false },
);

it('refuses a second node with the same address', async () => {
  const adapter = localAdapter();
  const first = new AdapterNode();
  await adapter.join(first.address, first);
  const second = new AdapterNode();
  await expect(adapter.join(first.address, second)).rejects.toThrow(/joined already/);
  expect(second.states).toEqual([]);
});
