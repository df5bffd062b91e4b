import { localEngine } from '../../lib/cluster/local-engine.js';
import { engineContract } from './engine-contract.js';

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
