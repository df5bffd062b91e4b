import { expect, it } from 'vitest';

import type { LiveSession } from '../../lib/session/live-session.js';
import { SessionRegistry } from '../../lib/session/registry.js';
import { deferred } from '../support/deferred.js';
import { eventually } from '../support/eventually.js';
import { rejecting, throwing } from '../support/failing.js';
import { serve } from '../support/serve.js';
import { SessionRig } from '../support/session-rig.js';
import { openStalled } from '../support/stalled-client.js';
import { StreamClient } from '../support/stream-client.js';

const CAPS = { maxSessions: 3, maxSessionsPerPrincipal: 2 };
const tooMany = expect.objectContaining({ code: 'too-many-sessions' });

it('caps the sessions in total, and has room again when one has gone', () => {
  const registry = new SessionRegistry(CAPS);
  for (const principal of ['ann', 'bob', undefined]) registry.takeSlot(principal);
  expect(() => {
    registry.takeSlot(undefined);
  }).toThrow(tooMany);
  registry.freeSlot('bob');
  registry.takeSlot('ann');
});

it('caps the sessions of one principal, independent of others', () => {
  const registry = new SessionRegistry(CAPS);
  registry.takeSlot('ann');
  registry.takeSlot('ann');
  expect(() => {
    registry.takeSlot('ann');
  }).toThrow(tooMany);
  registry.takeSlot('bob');
  registry.freeSlot('bob');
  registry.freeSlot('ann');
  registry.takeSlot('ann');
});

it('does not count callers without a principal as one principal', () => {
  const registry = new SessionRegistry(CAPS);
  for (let count = 0; count < CAPS.maxSessions; count += 1) registry.takeSlot(undefined);
});

it('takes no slot when it refuses', () => {
  const registry = new SessionRegistry({ maxSessions: 10, maxSessionsPerPrincipal: 1 });
  registry.takeSlot('ann');
  for (let attempt = 0; attempt < 20; attempt += 1) {
    expect(() => {
      registry.takeSlot('ann');
    }).toThrow(tooMany);
  }
  for (let count = 1; count < 10; count += 1) registry.takeSlot(`user ${count}`);
});

it('finds and lists the sessions that were added, until they are removed', () => {
  const registry = new SessionRegistry(CAPS);
  const { session } = new SessionRig();
  expect(registry.get(session.id)).toBeUndefined();
  registry.add(session);
  expect(registry.size).toBe(1);
  expect(registry.get(session.id)).toBe(session);
  expect([...registry]).toEqual([session]);
  expect(registry.remove(session)).toBe(true);
  expect(registry.remove(session)).toBe(false);
  expect(registry.size).toBe(0);
});

it('[29] does not touch a live session when another one gets its id', () => {
  const registry = new SessionRegistry(CAPS);
  const { session } = new SessionRig();
  const other: LiveSession = new SessionRig().session;
  registry.add(session);
  expect(() => {
    registry.add(other);
  }).toThrow(expect.objectContaining({ code: 'internal' }));
  expect(registry.remove(other)).toBe(false);
  expect(registry.get(session.id)).toBe(session);
});

// Kills: a slot that is taken when the session is added, behind the awaited hook.
it('[30] enforces the cap for many clients that arrive while hooks are slow', async () => {
  const gate = deferred();
  let waiting = 0;
  const { url, mcp } = await serve({
    limits: { maxSessions: 4 },
    hooks: {
      async onConnect() {
        waiting += 1;
        await gate.promise;
      },
    },
  });
  const crowd = Array.from({ length: 20 }, () => StreamClient.open(`${url}/sse`));
  await eventually(() => waiting + (mcp.stats().totals.refused['too-many-sessions'] ?? 0) === 20);
  gate.resolve();
  const statuses = (await Promise.all(crowd)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(4);
  expect(statuses.filter((status) => status === 503)).toHaveLength(16);
  expect(mcp.sessions.size).toBe(4);
});

it('[30] frees the slot of a client that leaves during a hook', async () => {
  const gate = deferred();
  let aborted = false;
  let first = true;
  const { url, port } = await serve({
    limits: { maxSessions: 1 },
    hooks: {
      async onConnect(_req, { signal }) {
        if (!first) return;
        first = false;
        signal.addEventListener('abort', () => (aborted = true));
        await gate.promise;
      },
    },
  });
  const leaver = await openStalled(port);
  await eventually(() => !first);
  expect((await StreamClient.open(`${url}/sse`)).status).toBe(503);
  leaver.destroy();
  await eventually(() => aborted);
  gate.resolve();
  const next = await StreamClient.open(`${url}/sse`);
  expect(next.status).toBe(200);
});

it.each([
  ['the hook throws', { hooks: { onConnect: rejecting(new Error('no')) } }],
  ['the server factory throws', { server: rejecting(new Error('no')) }],
  ['the id is not fit', { sessionIdGenerator: () => '' }],
  ['the endpoint function throws', { endpoint: throwing(new Error('no')) }],
])('[30] frees the slot when %s', async (_, options) => {
  const { url, mcp } = await serve({ ...options, limits: { maxSessions: 1 } });
  for (let attempt = 0; attempt < 3; attempt += 1) {
    expect((await StreamClient.open(`${url}/sse`)).status).toBe(500);
  }
  expect(mcp.stats()).toMatchObject({ totals: { opened: 0, closed: {} } });
});
