import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  encodeLinkPacket,
  parsePacket,
  encodePresence,
  type LinkPacket,
} from '../../../lib/cluster/link/packet.js';
import { anyCharacter } from '../../support/hostile-text.js';

const number = fc.nat(1e9);
const frames: fc.Arbitrary<LinkPacket> = fc.record({
  epoch: number,
  first: number,
  bodies: fc.array(fc.string({ unit: anyCharacter })),
  ack: fc.record({ epoch: number, cursor: number, missing: fc.boolean() }),
});

describe('a frame', () => {
  it('is parsed as it was encoded, whatever the messages contain', () => {
    const property = fc.property(frames, (frame) => {
      expect(parsePacket(encodeLinkPacket('node-1', frame))).toEqual({
        kind: 'link',
        from: 'node-1',
        ...frame,
      });
    });
    fc.assert(property);
  });

  it.each(['heartbeat', 'leave'] as const)(
    'of presence is parsed as it was encoded: %s',
    (kind) => {
      expect(parsePacket(encodePresence(kind, 'n_1'))).toEqual({ kind, from: 'n_1' });
    },
  );

  it.each([
    '',
    'nonsense',
    'mcp-sse/1 heartbeat node',
    'mcp-sse/2 heartbeat',
    'mcp-sse/2 heartbeat two words',
    'mcp-sse/2 link node',
    'mcp-sse/2 link node 1 1 1 1 0 5\nfour',
    'mcp-sse/2 link node 1 1 1 1 0 3\nfour',
    'mcp-sse/2 link node 1 1 1 1 0 4four',
    'mcp-sse/2 link node 1 1 1 1 2 4\nfour',
    'mcp-sse/2 link node -1 1 1 1 0 \n',
    `mcp-sse/2 link node ${'9'.repeat(20)} 1 1 1 0 \n`,
    `mcp-sse/2 link ${'n'.repeat(65)} 1 1 1 1 0 \n`,
  ])('is undefined for any other text: %j', (text) => {
    expect(parsePacket(text)).toBeUndefined();
  });
});
