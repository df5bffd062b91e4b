import { expect, it } from 'vitest';

import type { Adapter } from '../../lib/index.js';
import type { AdapterListener, AdapterMember } from '../../lib/adapter/index.js';
import { eventually } from '../support/eventually.js';
import { hanging, rejecting, throwing } from '../support/failing.js';
import { notification, request } from '../support/messages.js';
import { watchTimers } from '../support/open-timers.js';
import { serve } from '../support/serve.js';
import { post, StreamClient } from '../support/stream-client.js';

const BROKEN = new Error('broken');
const done = (): Promise<void> => Promise.resolve();
const sent = (): Promise<boolean> => Promise.resolve(true);

/** An adapter that is up as soon as it is joined, and whose members are as told. */
const joined = (
  member: Partial<AdapterMember>,
  meddle?: (to: AdapterListener) => void,
): Adapter => ({
  join: (_self, listener) => {
    listener.state(true);
    meddle?.(listener);
    return Promise.resolve({ send: sent, leave: done, ...member });
  },
});

/** Everything that an adapter may do and must not. */
const ENGINES: Readonly<Record<string, Adapter>> = {
  'throws when it is joined': { join: throwing(BROKEN) },
  'rejects when it is joined': { join: rejecting(undefined) },
  'never answers a join': { join: hanging },
  'gives no member': { join: () => Promise.resolve(undefined as never) },
  'throws when it sends': joined({ send: throwing(BROKEN) }),
  'rejects when it sends': joined({ send: rejecting(null) }),
  'never says whether it has sent': joined({ send: hanging }),
  'says nothing of what it sends': joined({ send: () => undefined as never }),
  'throws when it is left': joined({ leave: throwing(BROKEN) }),
  'rejects when it is left': joined({ leave: rejecting('x') }),
  'never says that it is left': joined({ leave: hanging }),
  'is up and down all the time': joined({}, (listener) => {
    for (let n = 0; n < 101; n += 1) listener.state(n % 2 === 0);
  }),
  'delivers what is no frame': joined({}, (listener) => {
    for (const frame of ['', '{}', 'null', '[]', '\0', 'x'.repeat(100_000)]) listener.frame(frame);
    for (const frame of [undefined, null, 1, {}]) listener.frame(frame as never);
  }),
};

// Kills: an adapter's throw that nobody catches, a goodbye without a deadline.
it.each(Object.entries(ENGINES))(
  'serves its own sessions, and shuts down, on an adapter that %s',
  { timeout: 60_000 },
  async (_, adapter) => {
    const timers = watchTimers();
    const { url, mcp } = await serve({ adapter: adapter });
    const client = await StreamClient.open(`${url}/sse`);
    expect((await client.request('ping')).result).toEqual({});
    expect(mcp.broadcast(notification('all'))).toBe(1);
    expect((await client.nextMessage(({ method }) => method === 'all')).method).toBe('all');

    const foreign = `${url}/message?sessionId=${'A'.repeat(12)}.x`;
    const answer = post(foreign, request(1)).then(({ status }) => status);
    await mcp.close({ timeoutMs: 50 });
    expect([404, 503, 504]).toContain(await answer);
    await client.end();
    await eventually(() => timers().length === 0, `the end of ${String(timers()[0])}`);
  },
);
