import { connect, type ConnectionOptions } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { natsAdapter } from '../../lib/nats/index.js';
import { AdapterNode } from '../cluster/adapter/adapter-node.js';
import { eventually } from '../support/eventually.js';
import { hasNats, NatsServer } from '../support/nats-server.js';

it('refuses an unknown option and suggests the right name', () => {
  const connection = { request: () => {}, status: () => {} } as never;
  const wrong = { perfix: 'a', zzzzzzzz: 1 } as never;
  expect(() => natsAdapter(connection, wrong)).toThrow(
    'natsAdapter: unknown option perfix: did you mean prefix?; unknown option zzzzzzzz',
  );
});

it('refuses a value that is no connection', () => {
  for (const wrong of [undefined, null, {}, connect]) {
    expect(() => natsAdapter(wrong as never)).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    );
  }
});

describe.skipIf(!hasNats)('the connection to NATS', () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await NatsServer.begin();
  });
  afterAll(() => server.stop());

  const connection = async (options: ConnectionOptions = {}) => {
    const made = await connect({ servers: `127.0.0.1:${server.port}`, ...options });
    onTestFinished(() => made.close());
    return made;
  };

  it.each(['', 'with space', 'a.*', 'a.>', '.a', 'a..b', 'x'.repeat(129)])(
    'is refused with the prefix %j',
    async (prefix) => {
      const made = await connection();
      expect(() => natsAdapter(made, { prefix })).toThrow(/prefix/);
    },
  );

  it('may be shared by all nodes of a process', async () => {
    const adapter = natsAdapter(await connection(), { prefix: 'parts.of_a-name' });
    const [a, b] = [await AdapterNode.join(adapter), await AdapterNode.join(adapter)];
    expect(await a.send(b, 'hello')).toBe(true);
    await b.has('hello');
  });

  it('reports a frame larger than the server accepts, and lives on', async () => {
    const a = await AdapterNode.join(natsAdapter(await connection()));
    await expect(a.send(a, 'x'.repeat(2 ** 20 + 1))).rejects.toThrow(/max_payload/);
    expect(await a.send(a, 'x'.repeat(2 ** 20))).toBe(true);
    expect(a.states).toEqual([true]);
  });

  it('reports a connection that is closed for good', async () => {
    const made = await connection();
    const adapter = natsAdapter(made);
    const a = await AdapterNode.join(adapter);
    await made.close();
    await eventually(() => !a.up, 'state(false)');
    await expect(a.send(a, 'lost')).rejects.toThrow();
    await expect(AdapterNode.join(adapter)).rejects.toThrow(
      /the connection is closed\. Connect again/,
    );
    await a.member.leave();
  });

  it('reports a connection that gives up reconnecting', async () => {
    const a = await AdapterNode.join(natsAdapter(await connection({ reconnect: false })));
    await server.kill();
    await eventually(() => !a.up, 'state(false)');
    await server.restart();
    await expect(a.send(a, 'lost')).rejects.toThrow();
    expect(a.states).toEqual([true, false]);
  });
});
