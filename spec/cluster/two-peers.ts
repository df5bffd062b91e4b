import { LinkBudget } from '../../lib/cluster/link/link-budget.js';
import { parsePacket } from '../../lib/cluster/link/packet.js';
import { Peer, type PeerOwner } from '../../lib/cluster/peer.js';

/** Two nodes as each sees the other, on an adapter that loses nothing. */
export interface TwoPeers {
  /** The node `there`, as the node `here` sees it. */
  readonly there: Peer;
  /** The node `here`, as the node `there` sees it. */
  readonly here: Peer;
  /** The codes of the failures that either has reported. */
  readonly errors: string[];
}

/**
 * @param onCall answers the requests of either
 * @param owner what the peers work with, where a spec is about it
 */
export function twoPeers(
  onCall: PeerOwner['onCall'],
  overrides: Partial<PeerOwner> = {},
): TwoPeers {
  const errors: string[] = [];
  const owner = (self: string, recipient: () => Peer): PeerOwner => ({
    self,
    contact: {
      since: -Infinity,
      upSince: -Infinity,
      heartbeatMs: 1_000,
      graceMs: 6_000,
      isProof: () => true,
    },
    budget: new LinkBudget(),
    maxFrameBytes: Infinity,
    leaving: false,
    onCall,
    onError: ({ code }) => errors.push(code),
    transmit: async (_to, text) => {
      const packet = parsePacket(text);
      setImmediate(() => {
        recipient().markAlive(performance.now());
        if (packet?.kind === 'link') recipient().packetArrived(packet);
      });
      return true;
    },
    ...overrides,
  });
  const there: Peer = new Peer(
    'there',
    owner('here', () => here),
  );
  const here: Peer = new Peer(
    'here',
    owner('there', () => there),
  );
  for (const peer of [there, here]) {
    peer.setUp(true);
    peer.markAlive(performance.now());
  }
  return { there, here, errors };
}
