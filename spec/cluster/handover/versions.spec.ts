import { describe, expect, it, onTestFinished } from 'vitest';

import { localAdapter, type Adapter } from '../../../lib/adapter/index.js';
import { Membership } from '../../../lib/cluster/membership.js';
import { McpSseError } from '../../../lib/errors.js';
import { STATE_VERSION } from '../../../lib/session/handover/session-state.js';
import { deferred } from '../../support/deferred.js';
import { eventually } from '../../support/eventually.js';
import { openWithIds } from '../../support/returning-client.js';
import { serve, type Served } from '../../support/serve.js';

/** Nodes ask other things of each other, too. */
const HAND_OVER = ['offer', 'adopt', 'commit', 'abort'];

/** A node of another version, or one that is stuck: the spec answers in its place. */
class OtherNode {
  /** What it was asked of hand-overs, in order. */
  readonly asked: string[] = [];
  readonly membership: Membership;

  constructor(
    adapter: Adapter,
    private readonly answers: Record<string, () => unknown>,
    name = 'other-node--',
  ) {
    this.membership = new Membership(name, adapter, {
      onCall: async (operation) => {
        if (HAND_OVER.includes(operation)) this.asked.push(operation);
        const answer = this.answers[operation];
        if (!answer) throw new McpSseError('invalid-message', 'this version has no such operation');
        return answer();
      },
      onError: () => undefined,
    });
    onTestFinished(() => this.membership.leave());
  }

  call(node: Served<unknown>, operation: string, params: unknown): Promise<unknown> {
    const name = node.mcp.stats().cluster?.node ?? '';
    return this.membership.peer(name)?.call(operation, params) ?? Promise.reject(new Error(name));
  }
}

/** A node with a session whose client can come back, and another one. */
async function rig(answers: Record<string, () => unknown>) {
  const adapter = localAdapter();
  const ended: string[] = [];
  const node = await serve({
    adapter,
    hooks: { onSessionClose: (_, reason) => void ended.push(reason), onError: () => undefined },
  });
  const other = new OtherNode(adapter, answers);
  await eventually(() => node.mcp.stats().cluster?.nodes === 2, 'the discovery');
  const client = await openWithIds(`${node.url}/sse`);
  return { adapter, node, other, client, ended };
}

const refuse = (code: 'invalid-message' | 'session-not-found') => (): never => {
  throw new McpSseError(code, 'no');
};
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => McpSseError.from(error).code,
  );

describe('a node of another version', () => {
  it.each([
    ['that takes no sessions of this one', { offer: refuse('invalid-message') }],
    ['that knows nothing of hand-overs', {}],
  ])('%s gets no sessions: they end as without hand-over', async (_, answers) => {
    const { node, other, client, ended } = await rig(answers);
    await node.mcp.close();
    await client.end();
    expect(ended).toEqual(['shutdown']);
    expect(other.asked).toEqual(['offer']);
  });

  it('is passed over if a node of the same version is there', async () => {
    const { adapter, node, other } = await rig({ offer: refuse('invalid-message') });
    const same = await serve({ adapter });
    await eventually(
      () => [node, same].every(({ mcp }) => mcp.stats().cluster?.nodes === 3),
      'the discovery',
    );
    await node.mcp.close();
    expect(same.mcp.stats().totals.restored).toBe(1);
    expect(other.asked).toContain('offer');
    expect(other.asked).not.toContain('adopt');
  });

  it('cannot hand over to this node, or harm its sessions', async () => {
    const { node, other, client } = await rig({});
    const newer = STATE_VERSION + 1;
    expect(await codeOf(other.call(node, 'offer', { version: newer }))).toBe('invalid-message');
    expect(await other.call(node, 'offer', { version: STATE_VERSION })).toEqual({ sessions: 1 });
    const adopt = (params: unknown): Promise<unknown> => codeOf(other.call(node, 'adopt', params));
    expect(await adopt({ version: newer, state: {} })).toBe('invalid-message');
    expect(await adopt({ version: STATE_VERSION, state: { id: client.sessionId } })).toBe(
      'invalid-message',
    );
    expect(await adopt({ state: {} })).toBe('invalid-message');
    const unknown = { id: client.sessionId, epoch: 1, messages: [] };
    expect(await codeOf(other.call(node, 'commit', unknown))).toBe('session-not-found');
    expect(await codeOf(other.call(node, 'abort', unknown))).toBe('done');
    expect(await client.request('ping')).toMatchObject({ result: {} });
  });
});

describe('a node that does not answer', () => {
  it('does not delay the offer of sessions', async () => {
    const { node, other, client, ended } = await rig({ offer: () => new Promise(() => undefined) });
    await node.mcp.close();
    await client.end();
    expect(ended).toEqual(['shutdown']);
    expect(other.asked).toEqual(['offer']);
  });

  it('gets two seconds to make a session ready, then must drop it', async () => {
    const late = deferred();
    const answers = {
      ...{ offer: () => ({ sessions: 0 }), adopt: () => late.promise, abort: () => undefined },
    };
    const { node, other, client, ended } = await rig(answers);
    const began = performance.now();
    const closed = node.mcp.close();
    await eventually(() => ended.length > 0, 'the end of the session');
    const took = performance.now() - began;
    expect(ended).toEqual(['shutdown']);
    expect(took).toBeGreaterThan(1_900);
    // Too late: it is asked for nothing more.
    late.resolve();
    await closed;
    await client.end();
    expect(other.asked).toEqual(['offer', 'adopt', 'abort']);
  });

  it('is not followed by a second node, because that could make two owners', async () => {
    const { adapter, node, other, ended } = await rig({
      ...{ offer: () => ({ sessions: 0 }), adopt: () => new Promise(() => undefined) },
    });
    const second = new OtherNode(adapter, { offer: () => ({ sessions: 5 }) }, 'second-node-');
    await eventually(() => node.mcp.stats().cluster?.nodes === 3, 'the discovery');
    await node.mcp.close();
    expect(ended).toEqual(['shutdown']);
    expect(other.asked).toContain('adopt');
    expect(second.asked).toEqual(['offer']);
  });
});

it('asks another node when the first one has refused', async () => {
  const { adapter, node, other, ended } = await rig({
    ...{ offer: () => ({ sessions: 0 }), adopt: refuse('session-not-found') },
  });
  const second = await serve({ adapter });
  await eventually(
    () => [node, second].every(({ mcp }) => mcp.stats().cluster?.nodes === 3),
    'the discovery',
  );
  const more = await openWithIds(`${second.url}/sse`);
  await node.mcp.close();
  expect(ended).toEqual([]);
  expect(other.asked).toContain('adopt');
  expect(second.mcp.stats().totals.restored).toBe(1);
  expect(await more.request('ping')).toMatchObject({ result: {} });
});
