import { expect, it } from 'vitest';

import { RemoteHost } from '../../../lib/cluster/rpc/remote-host.js';
import { Probes } from '../../../lib/session/resume/probes.js';
import { twoPeers } from '../two-peers.js';

const client = { claim: { by: 'key', key: 'k' }, principal: undefined } as const;

it('finds the session that the other node names', async () => {
  const { there } = twoPeers(async (operation, params) => {
    expect([operation, params]).toEqual(['find', client]);
    return 'the-session';
  });
  expect(await new RemoteHost(there, new Probes('here')).find(client)).toBe('the-session');
});

it.each([undefined, null, 42, {}, ['the-session']])(
  'finds no session if the other node answers %j',
  async (answer) => {
    const { there } = twoPeers(async () => answer);
    const found = new RemoteHost(there, new Probes('here')).find(client);
    await expect(found).rejects.toMatchObject({ code: 'session-not-found' });
  },
);
