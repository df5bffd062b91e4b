import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { hasRedis } from '../support/redis-server.js';
import { runExample, textOf } from '../support/run-example.js';

describe.skipIf(!hasRedis)('two-nodes', () => {
  const example = runExample('two-nodes');

  it('serves a session on whichever node its requests arrive', async () => {
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

  it('goes on counting while its nodes restart, one after the other', async () => {
    const client = await example.connect();
    const homes = new Set<string>();
    const restarted = (): boolean => example.stdout.includes('node-2 has been restarted');
    const count = async (n: number): Promise<void> => {
      const text = textOf(await client.callTool({ name: 'count' }));
      expect(text).toContain(`${n}, says `);
      homes.add(text);
    };
    let counted = 0;
    const counting = async (): Promise<void> => {
      while (!restarted()) await count((counted += 1));
      await count((counted += 1));
    };
    example.hangUp();
    await Promise.all([counting(), eventually(restarted, 'the restart of both nodes', 150_000)]);
    expect(new Set([...homes].map((text) => text.split(' says ')[1])).size).toBe(2);
  }, 180_000);
});
