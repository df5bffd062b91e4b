import { describe, expect, it } from 'vitest';

import { hasRedis } from '../support/redis-server.js';
import { runExample, textOf } from '../support/run-example.js';

describe.skipIf(!hasRedis)('two-nodes', () => {
  const example = runExample('two-nodes');

  it('serves a session whichever node its requests come in by', async () => {
    const client = await example.connect();
    const homes = new Set<string>();
    const entrances = new Set<string>();
    for (let calls = 0; calls < 100 && entrances.size < 2; calls += 1) {
      const text = textOf(await client.callTool({ name: 'which_node' }));
      const [home = '', entrance = ''] = text.match(/node-\d/g) ?? [];
      homes.add(home);
      entrances.add(entrance);
    }
    expect([...homes]).toHaveLength(1);
    expect([...entrances].sort()).toEqual(['node-1', 'node-2']);
  });
});
