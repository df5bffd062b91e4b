import { randomBytes } from 'node:crypto';

import fc from 'fast-check';
import { expect, it } from 'vitest';

import { encodeLinkPacket } from '../../../lib/cluster/link/packet.js';
import type { Adapter } from '../../../lib/index.js';
import { EVERYONE, localAdapter, type AdapterMember } from '../../../lib/adapter/index.js';
import { eventually } from '../../support/eventually.js';
import { serve, type Served } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

/** A node of our own making, that says to `victim` what it likes. */
class Stranger {
  readonly received: string[] = [];
  readonly #name = randomBytes(9).toString('base64url');
  #member!: AdapterMember;
  #count = 0;

  private constructor(private readonly victim: string) {}

  static async join(adapter: Adapter, { mcp }: Served<unknown>): Promise<Stranger> {
    const stranger = new Stranger(mcp.stats().cluster!.node);
    const { received } = stranger;
    const listener = { frame: (frame: string) => received.push(frame), state: () => {} };
    stranger.#member = await adapter.join(stranger.#name, listener);
    return stranger;
  }

  async sendRaw(frame: string): Promise<void> {
    await this.#member.send(this.victim, frame);
    await this.#member.send(EVERYONE, frame);
  }

  /** A message with the next number, so that it is taken; or a piece of one that goes on. */
  async send(message: string, prefix = '.'): Promise<void> {
    const ack = { epoch: 0, cursor: 0, missing: false };
    const frame = { epoch: 1, first: (this.#count += 1), bodies: [prefix + message], ack };
    await this.#member.send(this.victim, encodeLinkPacket(this.#name, frame));
  }
}

const operations = ['post', 'find', 'attach', 'probe', 'send', 'broadcast', 'toString', 'x'];
const bodies = fc.oneof(
  fc.string(),
  fc
    .tuple(
      fc.constantFrom('chunk', 'credit', 'end', 'cut', 'closed', 'reply', 'refusal'),
      fc.string(),
    )
    .map(([kind, rest]) => `${kind} 1 ${rest}\n${rest}`),
  fc
    .tuple(fc.constantFrom(...operations), fc.oneof(fc.json(), fc.string()))
    .map(([operation, json]) => `call 1 ${operation}\n${json}`),
);

it('survives any packet that others publish, unnoticed by its sessions', async () => {
  const adapter = localAdapter();
  const node = await serve({ adapter: adapter });
  await eventually(() => node.mcp.stats().cluster?.up === true);
  const client = await StreamClient.open(`${node.url}/sse`);
  const stranger = await Stranger.join(adapter, node);
  const property = fc.asyncProperty(bodies, async (body) => {
    await stranger.sendRaw(body);
    await stranger.send(body);
    await stranger.send(body, body.slice(0, 1));
    await stranger.send(body, '+');
    await stranger.send('');
  });
  await fc.assert(property, { numRuns: 500 });
  expect(await client.request('ping')).toMatchObject({ result: {} });
  expect(client.messages).toHaveLength(1);
  expect(node.mcp.sessions.size).toBe(1);
});

it('refuses an unknown call', async () => {
  const adapter = localAdapter();
  const node = await serve({ adapter: adapter });
  await eventually(() => node.mcp.stats().cluster?.up === true);
  const client = await StreamClient.open(`${node.url}/sse`);
  const stranger = await Stranger.join(adapter, node);
  await stranger.send('call 1 shutdown\n{}');
  await stranger.send('call 2 post\n{"sessionId":1}');
  const post = { sessionId: client.sessionId, messages: [{ jsonrpc: '1.0' }] };
  await stranger.send(`call 3 post\n${JSON.stringify(post)}`);
  await eventually(() => stranger.received.join('').includes('refusal 3'));
  for (const n of [1, 2, 3]) {
    expect(stranger.received.join('')).toContain(`refusal ${n} invalid-message\n`);
  }
});
