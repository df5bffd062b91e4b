import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { hanging } from '../support/failing.js';
import { rounds } from '../support/rounds.js';
import { twoPeers } from './two-peers.js';

describe('a call to another node', () => {
  it('is rejected if the answer is malformed', async () => {
    const { there } = twoPeers(hanging);
    const call = there.call('find', {});
    there.onMessage('reply 1\nnonsense');
    await expect(call).rejects.toMatchObject({ code: 'internal' });
    expect(there.isBusy).toBe(true);
    await eventually(() => !there.isBusy, 'the acknowledgement');
  });

  it('is refused at once while too much waits for that node', async () => {
    const { there } = twoPeers(hanging);
    there.setUp(false);
    const large = there.call('send', 'x'.repeat(20 * 1024 * 1024));
    const more = there.call('send', {});
    const full = {
      code: 'adapter-unavailable',
      message: expect.stringContaining('too many bytes'),
    };
    await expect(more).rejects.toMatchObject(full);
    there.giveUp();
    await expect(large).rejects.toMatchObject({ code: 'adapter-unavailable' });
    expect(there.isBusy).toBe(false);
  });

  it('need not be awaited, even if it is refused', async () => {
    const leaving = twoPeers(hanging, { leaving: true });
    // A rejection that nobody handles would fail the run.
    void leaving.there.call('probe', {});
    const { there } = twoPeers(hanging);
    void there.call('probe', { id: 1n });
    await rounds(2);
    const late = leaving.there.call('probe', {});
    await expect(late).rejects.toMatchObject({ code: 'shutting-down' });
  });
});

it('reminds the owner of a stream that has long been silent, and ends it if the owner does not know it', async () => {
  // Where heartbeats are rare, silence is no news.
  const contact = {
    since: -Infinity,
    upSince: -Infinity,
    heartbeatMs: 60_000,
    graceMs: 6_000,
    isProof: () => true,
  };
  const { there } = twoPeers(hanging, { contact });
  const { stream } = there.importStream();
  there.tick(stream.sentAt + 19_999);
  await rounds(10);
  expect(there.imported.size).toBe(1);
  // Sums of fractions are rounded.
  there.tick(stream.sentAt + 20_001);
  await eventually(() => there.imported.size === 0);
});
