import { parsePacket } from '../../lib/cluster/link/packet.js';
import { Peer, type PeerOwner } from '../../lib/cluster/peer.js';

/** Two nodes as each sees the other, on an adapter that loses nothing. */
export interface TwoPeers {
  /** The node `there`, as the node `here` sees it. */
  readonly there: Peer;
  /** The node `here`, as the node `there` sees it. */
  readonly here: Peer;
}

/**
 * @param onCall answers the requests of either
 * @param leaving whether both are about to leave
 */
export function twoPeers(onCall: PeerOwner['onCall'], leaving = false): TwoPeers {
  const owner = (self: string, recipient: () => Peer): PeerOwner => ({
    self,
    upSince: 0,
    leaving,
    onCall,
    transmit: async (_to, text) => {
      const packet = parsePacket(text);
      setImmediate(() => {
        if (packet?.kind === 'link') recipient().packetArrived(packet);
      });
      return true;
    },
  });
  const there: Peer = new Peer(
    'there',
    owner('here', () => here),
  );
  const here: Peer = new Peer(
    'here',
    owner('there', () => there),
  );
  return { there, here };
}
