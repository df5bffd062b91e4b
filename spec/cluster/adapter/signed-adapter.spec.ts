// Alone: it counts the sockets of the process.

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { signedAdapter, type AdapterSecret } from '../../../lib/cluster/adapter/signed-adapter.js';
import {
  EVERYONE,
  localAdapter,
  type AdapterListener,
  type AdapterMember,
} from '../../../lib/adapter/index.js';
import type { Adapter } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { serve } from '../../support/serve.js';
import { discovered, endpointAt } from '../../support/serve-nodes.js';
import { post, StreamClient } from '../../support/stream-client.js';
import { adapterContract } from './adapter-contract.js';
import { AdapterNode } from './adapter-node.js';

adapterContract(
  'signedAdapter()',
  async () => {
    const adapters = new Map<string, Adapter>();
    return {
      async node(prefix = 'one') {
        const adapter = adapters.get(prefix) ?? signedAdapter(localAdapter(), 'a secret');
        adapters.set(prefix, adapter);
        return { adapter, works: async () => {}, close: async () => {} };
      },
      stop: async () => {},
    };
  },
  { faults: false },
);

/** Nodes on one local adapter, each with its own secret, or none. */
async function nodesWith(...secrets: (AdapterSecret | undefined)[]): Promise<AdapterNode[]> {
  const inner = localAdapter();
  return Promise.all(
    secrets.map((secret) =>
      AdapterNode.join(secret === undefined ? inner : signedAdapter(inner, secret)),
    ),
  );
}

const rejected = ({ member }: AdapterNode): number | undefined => member.rejectedFrames;

describe('a frame', () => {
  it('of a node with another secret, or with none, is dropped and counted', async () => {
    const [node, other, unsigned] = await nodesWith('right', 'wrong', undefined);
    for (const from of [other!, unsigned!]) {
      await from.send(node!, 'mcp-sse/2 leave x');
      await from.member.send(EVERYONE, 'mcp-sse/2 leave x');
    }
    await eventually(() => rejected(node!) === 4);
    expect(node!.frames).toEqual([]);
    expect(rejected(unsigned!)).toBeUndefined();
  });

  it('passes while a secret is rotated, at every step', async () => {
    const steps: AdapterSecret[] = ['old', ['old', 'new'], ['new', 'old'], 'new'];
    for (const [index, before] of steps.slice(0, -1).entries()) {
      const [a, b] = await nodesWith(before, steps[index + 1]);
      await a!.send(b!, 'there');
      await b!.send(a!, 'and back');
      await b!.has('there');
      await a!.has('and back');
      expect([rejected(a!), rejected(b!)]).toEqual([0, 0]);
    }
    const [a, b] = await nodesWith('old', 'new');
    await a!.send(b!, 'lost');
    await eventually(() => rejected(b!) === 1);
  });

  /** What `send` hands over to whom, as somebody sees it who may subscribe. */
  async function overheard() {
    const heard: [to: string, frame: string][] = [];
    const listeners = new Map<string, AdapterListener>();
    const inner: Adapter = {
      async join(self, listener) {
        listeners.set(self, listener);
        listener.state(true);
        const member: AdapterMember = {
          maxFrameBytes: 1_000,
          send: async (to, frame) => heard.push([to, frame]) > 0,
          leave: async () => {},
        };
        return member;
      },
    };
    const adapter = signedAdapter(inner, 'a secret');
    const [from, to] = [await AdapterNode.join(adapter), await AdapterNode.join(adapter)];
    const give = (node: AdapterNode, frame: string): void => {
      listeners.get(node.address)!.frame(frame);
    };
    return { from, to, heard, give };
  }

  it('is invalid at another node, and with any change', async () => {
    const { from, to, heard, give } = await overheard();
    await from.send(to, 'to one');
    await from.member.send(EVERYONE, 'to all');
    const [[, one], [, all]] = heard as [[string, string], [string, string]];
    const changed = [
      one.replace('to one', 'to two'),
      one.replace(' node ', ' all '),
      all.replace(' all ', ' node '),
      one.replace(/^signed \w+/, `signed ${(Date.now() + 1_000).toString(36)}`),
      one.replace(/.\n/, '\n'),
      'to one',
      '',
      '\n',
      `signed \n${one}`,
    ];
    for (const frame of changed) give(to, frame);
    give(to, undefined as never);
    give(from, one);
    expect([rejected(to), rejected(from)]).toEqual([changed.length + 1, 1]);
    expect(to.frames).toEqual([]);
    give(to, one);
    give(to, all);
    expect(to.frames).toEqual(['to one', 'to all']);
  });

  it('is invalid a minute later, so recorded frames are useless', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { from, to, heard, give } = await overheard();
    await from.send(to, 'frame');
    const signed = heard[0]![1];
    const sentAt = Date.now();
    for (const age of [-60_001, 60_001]) {
      vi.setSystemTime(sentAt + age);
      give(to, signed);
    }
    expect([to.frames, rejected(to)]).toEqual([[], 2]);
    for (const age of [-60_000, 60_000]) {
      vi.setSystemTime(sentAt + age);
      give(to, signed);
    }
    expect([to.frames, rejected(to)]).toEqual([['frame', 'frame'], 2]);
  });

  it('is no larger than the adapter carries', async () => {
    const { from, to, heard } = await overheard();
    const { maxFrameBytes } = from.member;
    await from.send(to, 'x'.repeat(maxFrameBytes!));
    expect(heard[0]![1].length).toBeGreaterThan(980);
    expect(heard[0]![1].length).toBeLessThanOrEqual(1_000);
  });
});

it.each([[''], [['a']], [['a', '']], [['a', 'b', 'c']], [[]], [1], [null]])(
  'refuses the secret %j',
  (secret) => {
    expect(() => signedAdapter(localAdapter(), secret as never)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringMatching('secret') }),
    );
  },
);

it('joins nodes that share a secret, and no others', async () => {
  const inner = localAdapter();
  const node = (secret: string) => serve({ adapter: signedAdapter(inner, secret) });
  const [owner, other, stranger] = [await node('a'), await node('a'), await node('b')];
  await discovered([owner, other]);
  const client = await StreamClient.open(`${owner.url}/sse`);
  const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
  expect((await post(endpointAt(other, client), ping)).status).toBe(202);
  await client.nextMessage(({ id }) => id === 1);
  const rejectedFrames = (): number => owner.mcp.stats().cluster!.rejectedFrames;
  await eventually(() => rejectedFrames() > 0);
  expect(stranger.mcp.stats().cluster).toMatchObject({ up: true, nodes: 1 });
  expect(other.mcp.stats().cluster).toMatchObject({ up: true, nodes: 2 });
});
