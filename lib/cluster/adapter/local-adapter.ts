// An adapter for the routers of one process.
import { EVERYONE, type Adapter, type AdapterListener, type AdapterMember } from './adapter.js';
import { hasLeft } from './reachability.js';
import { setImmediate } from '../../util/timers.js';

/**
 * Connects the routers of one process, for tests and examples: give each of them the same adapter.
 * It is always in reach.
 */
export function localAdapter(): Adapter {
  const members = new Map<string, AdapterListener>();
  return {
    async join(self, listener) {
      if (members.has(self)) throw new Error(`${self} has joined already.`);
      members.set(self, listener);
      listener.state(true);
      return new LocalMember(members, self);
    },
  };
}

class LocalMember implements AdapterMember {
  #left = false;

  constructor(
    private readonly members: Map<string, AdapterListener>,
    private readonly self: string,
  ) {}

  get listeners(): number {
    return this.members.size;
  }

  async send(to: string, frame: string): Promise<boolean> {
    if (this.#left) throw hasLeft();
    const addresses = to === EVERYONE ? [...this.members.keys()] : [to];
    const reached = addresses.filter((address) => this.members.has(address));
    // As on a network, a frame never arrives in the sender's stack, nor at a member that has left
    // meanwhile.
    for (const address of reached) {
      const listener = this.members.get(address);
      setImmediate(() => {
        if (this.members.get(address) === listener) listener?.frame(frame);
      });
    }
    return reached.length > 0;
  }

  async leave(): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    this.members.delete(this.self);
  }
}
