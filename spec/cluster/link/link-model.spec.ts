import fc from 'fast-check';
import { expect, it } from 'vitest';

import { ReliableLink, type LinkOwner } from '../../../lib/cluster/link/reliable-link.js';
import { parsePacket } from '../../../lib/cluster/link/packet.js';

/** `npm test` stays quick; CLUSTER_RUNS=10000 is what the promise rests on. */
const RUNS = Number(process.env.CLUSTER_RUNS ?? 300);
const SEED = process.env.CLUSTER_SEED ? { seed: Number(process.env.CLUSTER_SEED) } : {};

/** Every twelfth is so long that it goes in several pieces, with pairs that must stay together. */
const FILLING = '😀'.repeat(66_000);
const written = (n: number): string =>
  `${n} ${n % 12 === 0 ? `${n % 24 === 0 ? 'x' : ''}${FILLING}` : ''}`;

function read(message: string): number {
  const n = Number.parseInt(message);
  return message === written(n) ? n : NaN;
}

const BEGIN_MS = 1_000;
/** A link that hears no acknowledgement for 15 s gives up its messages, as it must. */
const PATIENCE_MS = 14_000;

type Side = 'a' | 'b';
const other = (side: Side): Side => (side === 'a' ? 'b' : 'a');

interface Flying {
  readonly to: Side;
  readonly frame: string;
}

/** Two links over a bus that does with their frames what it is told, on a clock of its own. */
class World {
  now = BEGIN_MS;
  readonly flying: Flying[] = [];
  readonly pushed = { a: 0, b: 0 };
  readonly received: Record<Side, number[]> = { a: [], b: [] };
  readonly restarts = { a: 0, b: 0 };
  /** What the adapter says of each frame. */
  verdict: 'taken' | 'nobody' | 'out of reach' = 'taken';
  readonly closed = new Set<Side>();
  readonly links = { a: this.#link('a'), b: this.#link('b') };

  #link(side: Side): ReliableLink {
    const owner: LinkOwner = {
      self: side,
      transmit: async (frame) => {
        if (this.verdict === 'nobody') return false;
        // One that the adapter does not answer for may arrive all the same.
        this.flying.push({ to: other(side), frame });
        if (this.verdict === 'out of reach') throw new Error('no answer');
        return true;
      },
      onMessage: (message) => this.received[side].push(read(message)),
      maxFrameBytes: Infinity,
      onTransmitted: () => {},
      onReset: () => {},
      onPeerReset: () => (this.restarts[side] += 1),
    };
    return new ReliableLink(owner, { now: () => this.now });
  }

  setOpen(side: Side, open: boolean): void {
    if (open) this.closed.delete(side);
    else this.closed.add(side);
    this.links[side].setOpen(open);
  }

  push(side: Side): void {
    this.links[side].push(written((this.pushed[side] += 1)));
  }

  /** Hands over the frame at `index`, and keeps it on its way if it is to come again. */
  deliver(index: number, again: boolean): void {
    const flying = this.flying[index % this.flying.length];
    if (!flying) return;
    if (!again) this.lose(index);
    // As it is on the wire: half a pair would be lost there.
    const frame = parsePacket(Buffer.from(flying.frame).toString());
    if (frame?.kind === 'link') this.links[flying.to].packetArrived(frame);
  }

  lose(index: number): void {
    this.flying.splice(index % this.flying.length, 1);
  }

  tick(ms: number): void {
    this.now += ms;
    for (const link of Object.values(this.links)) link.tick(this.now);
  }

  /** As `tick`, unless the links would have cause to give up. */
  wait(ms: number): void {
    if (this.now + ms < BEGIN_MS + PATIENCE_MS) this.tick(ms);
  }

  /** Turns are immediates: this resolves when those that are due have been. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** A healthy bus, until everything has arrived. */
  async calmDown(): Promise<void> {
    this.verdict = 'taken';
    for (const side of ['a', 'b'] as const) if (this.closed.has(side)) this.setOpen(side, true);
    for (let round = 0; round < 200; round += 1) {
      await this.settle();
      while (this.flying.length > 0) this.deliver(0, false);
      await this.settle();
      if (this.flying.length === 0 && this.links.a.isIdle && this.links.b.isIdle) return;
      this.tick(300);
    }
    throw new Error('the links do not come to rest');
  }
}

type Step = (world: World) => void;

const side = fc.constantFrom<Side>('a', 'b');
const index = fc.nat(30);
const weather: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: side.map((from) => (world: World) => world.push(from)) },
  { weight: 5, arbitrary: index.map((at) => (world: World) => world.deliver(at, false)) },
  { weight: 2, arbitrary: index.map((at) => (world: World) => world.deliver(at, true)) },
  { weight: 3, arbitrary: index.map((at) => (world: World) => world.lose(at)) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(10, 300, 900).map((ms) => (world: World) => world.wait(ms)),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('taken' as const, 'nobody' as const, 'out of reach' as const)
      .map((verdict) => (world: World) => void (world.verdict = verdict)),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(side, fc.boolean()).map(
      ([of, open]) =>
        (world: World) =>
          world.setOpen(of, open),
    ),
  },
);
const givingUp: fc.Arbitrary<Step> = side.map((of) => (world) => world.links[of].reset());

async function run(steps: readonly Step[]): Promise<World> {
  const world = new World();
  for (const [at, step] of steps.entries()) {
    step(world);
    if (at % 2 === 0) await world.settle();
  }
  await world.calmDown();
  return world;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1);

it('delivers each message once and in order, whatever the adapter loses, repeats and reorders', async () => {
  const property = fc.asyncProperty(
    fc.array(weather, { minLength: 30, maxLength: 120, size: 'max' }),
    async (steps) => {
      const { received, pushed, restarts } = await run(steps);
      expect(received).toEqual({ a: upTo(pushed.b), b: upTo(pushed.a) });
      expect(restarts).toEqual({ a: 0, b: 0 });
    },
  );
  await fc.assert(property, { numRuns: RUNS, ...SEED });
}, 600_000);

it('delivers no message twice or out of order when a side gives up its messages', async () => {
  const step = fc.oneof({ weight: 12, arbitrary: weather }, { weight: 1, arbitrary: givingUp });
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 30, maxLength: 120, size: 'max' }),
    async (steps) => {
      const world = await run(steps);
      const { received } = world;
      for (const numbers of [received.a, received.b]) {
        expect(numbers).toEqual([...new Set(numbers)].sort((one, two) => one - two));
      }
      const before = received.b.length;
      world.push('a');
      await world.calmDown();
      expect(received.b.slice(before)).toEqual([world.pushed.a]);
    },
  );
  await fc.assert(property, { numRuns: RUNS, ...SEED });
}, 600_000);
