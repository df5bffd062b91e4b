import { expect, it } from 'vitest';

import { localEngine } from '../../../lib/cluster/adapter/local-adapter.js';
import { engineContract } from './adapter-contract.js';
import { EngineNode } from './adapter-node.js';

engineContract(
  'localEngine()',
  async () => {
    const engines = new Map<string, ReturnType<typeof localEngine>>();
    return {
      // Its routers share the engine itself; two engines are what two prefixes are elsewhere.
      async node(prefix = 'one') {
        const engine = engines.get(prefix) ?? localEngine();
        engines.set(prefix, engine);
        return { engine, works: async () => {}, close: async () => {} };
      },
      stop: async () => {},
    };
  },
  { faults: false },
);

it('takes each address once', async () => {
  const engine = localEngine();
  const first = new EngineNode();
  await engine.join(first.address, first);
  const second = new EngineNode();
  await expect(engine.join(first.address, second)).rejects.toThrow(/joined already/);
  expect(second.states).toEqual([]);
});
