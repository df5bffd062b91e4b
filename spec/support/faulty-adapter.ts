import { localAdapter, type AdapterListener, type AdapterMember } from '../../lib/adapter/index.js';
import { McpSseError } from '../../lib/errors.js';
import type { Adapter } from '../../lib/index.js';
import { seededRandom } from './cut-plan.js';

/** How often a frame is lost, comes twice, or comes later than those behind it: from 0 to 1. */
export interface Losses {
  readonly lost: number;
  readonly repeated: number;
  readonly late: number;
}

/** An adapter that does to its frames what it is told. */
export class FaultyAdapter implements Adapter {
  losses: Losses = { lost: 0, repeated: 0, late: 0 };
  /** Frames that were lost, repeated or late. */
  harmed = 0;
  /** Frames to and from these nodes vanish, and the adapter says nothing of it. */
  readonly partitioned = new Set<string>();
  /** Nobody listens at the addresses of these nodes any more, and they send nothing. */
  readonly dead = new Set<string>();
  /** Nobody listens at the addresses of these nodes any more, and they send all the same. */
  readonly deaf = new Set<string>();
  /** Bytes of the largest frame that it carries, and whether it tells the nodes. */
  maxFrameBytes = Infinity;
  tellsMaxFrameBytes = true;
  /** Frames that were handed to it, by address. */
  readonly sent = new Map<string, number>();
  /** Not known to be out of reach, but sends nothing, and says so. */
  refuses = false;
  /** Whether it counts who listens. */
  counts = true;
  readonly #inner = localAdapter();
  readonly #random = seededRandom(1);
  readonly #listeners = new Map<string, AdapterListener>();
  #down = false;

  async join(self: string, listener: AdapterListener): Promise<AdapterMember> {
    if (this.#down) throw new Error('the adapter is down');
    const onFrame = (frame: string): void => {
      const lost = [this.partitioned, this.dead, this.deaf].some((nodes) => nodes.has(self));
      if (!lost) this.#deliver(listener, frame);
    };
    const member = await this.#inner.join(self, { ...listener, frame: onFrame });
    this.#listeners.set(self, listener);
    const told = (): number | undefined =>
      this.tellsMaxFrameBytes ? this.maxFrameBytes : undefined;
    const listeners = (): number | undefined => (this.counts ? this.#listening() : undefined);
    return {
      get maxFrameBytes() {
        return told();
      },
      get listeners() {
        return listeners();
      },
      send: async (to, frame) => {
        this.sent.set(to, (this.sent.get(to) ?? 0) + 1);
        if (this.#down || this.dead.has(self)) throw new Error('the adapter is down');
        if (Buffer.byteLength(frame) > this.maxFrameBytes) {
          if (this.tellsMaxFrameBytes) throw new McpSseError('message-too-large', 'too large');
          throw new Error('too large');
        }
        if (this.refuses) throw new McpSseError('adapter-unavailable', 'not now');
        if (this.dead.has(to) || this.deaf.has(to)) return false;
        if (this.partitioned.has(self) || this.partitioned.has(to)) return true;
        return member.send(to, frame);
      },
      leave: async () => {
        this.#listeners.delete(self);
        await member.leave();
      },
    };
  }

  /** Out of reach for everybody, and known to be. */
  goDown(): void {
    this.#down = true;
    for (const listener of this.#listeners.values()) listener.state(false);
  }

  /** @param late nodes that are not back before `cameBack` is called for each */
  comeBack(...late: string[]): void {
    this.#down = false;
    for (const [self, listener] of this.#listeners) {
      if (late.includes(self)) this.dead.add(self);
      else listener.state(true);
    }
  }

  /** The connection of one node is lost, and it knows. */
  cutOff(self: string): void {
    this.dead.add(self);
    this.#listeners.get(self)?.state(false);
  }

  cameBack(self: string): void {
    this.dead.delete(self);
    this.#listeners.get(self)?.state(true);
  }

  #listening(): number {
    return [...this.#listeners.keys()].filter((self) => !this.dead.has(self)).length;
  }

  #deliver(listener: AdapterListener, frame: string): void {
    if (this.#happens(this.losses.lost)) return;
    if (this.#happens(this.losses.repeated)) setTimeout(() => listener.frame(frame), 5);
    if (this.#happens(this.losses.late)) setTimeout(() => listener.frame(frame), 3);
    else listener.frame(frame);
  }

  #happens(chance: number): boolean {
    const happens = this.#random() < chance;
    if (happens) this.harmed += 1;
    return happens;
  }
}
