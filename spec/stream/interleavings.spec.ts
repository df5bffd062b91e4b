import fc from 'fast-check';
import { expect, it } from 'vitest';

import { McpSseError } from '../../lib/errors.js';
import { ConnectionWriter } from '../../lib/stream/connection-writer.js';
import { FakeResponse } from '../support/fake-response.js';
import { framesIn, numberedFrame } from '../support/numbered-frames.js';
import { outcomeOf, type Outcome } from '../support/outcome.js';
import { rounds } from '../support/rounds.js';

/** How a connection ends: by the peer, in silence, with an error, by its owner, in good order. */
const ENDS = {
  peer: (response: FakeResponse) => response.close(),
  silent: (response: FakeResponse) => (response.destroyed = true),
  error: (response: FakeResponse) => response.emit('error', new Error('boom')),
  destroy: (_: FakeResponse, writer: ConnectionWriter) =>
    writer.destroy(new McpSseError('ping-timeout', 'dead')),
  end: (_: FakeResponse, writer: ConnectionWriter) => void writer.end(10_000),
} as const;

interface Run {
  /** Sizes of frames, by producer. */
  readonly producers: readonly (readonly number[])[];
  /** Exclusive sections: sizes of their frames, and whether each write is awaited. */
  readonly sections: readonly (readonly { bytes: number; awaited: boolean }[])[];
  /** What each write returns; false asks for a drain. */
  readonly answers: readonly boolean[];
  /** How often the reader drains and the loop goes round, wherever the scheduler puts it. */
  readonly drains: number;
  readonly rounds: number;
  readonly end: keyof typeof ENDS | 'none';
  /** How many steps its owner takes before the connection ends. */
  readonly endAfter: number;
}

const bytes = fc.oneof(fc.constantFrom(1, 20_000, 70_000), fc.integer({ min: 1, max: 200_000 }));
const run: fc.Arbitrary<Run> = fc.record({
  producers: fc.array(fc.array(bytes, { maxLength: 5 }), { minLength: 1, maxLength: 3 }),
  sections: fc.array(fc.array(fc.record({ bytes, awaited: fc.boolean() }), { maxLength: 3 }), {
    maxLength: 2,
  }),
  answers: fc.array(fc.boolean(), { maxLength: 12 }),
  drains: fc.integer({ min: 0, max: 8 }),
  rounds: fc.integer({ min: 0, max: 12 }),
  end: fc.constantFrom('none', 'none', ...(Object.keys(ENDS) as (keyof typeof ENDS)[])),
  endAfter: fc.integer({ min: 0, max: 6 }),
});

/** All that a run did and what became of it. */
class Witness {
  readonly response = new FakeResponse();
  readonly closes: (McpSseError | undefined)[] = [];
  readonly writer = new ConnectionWriter(this.response, {
    maxBufferedBytes: 2 ** 30,
    observer: { writerClosed: (error) => void this.closes.push(error) },
  });
  /** Frames of `write`, in the order of the calls. */
  readonly writes: { name: string; outcome: Outcome<void> }[] = [];
  /** Frames of sections. */
  readonly inside: { name: string; outcome: Outcome<void> }[] = [];
  readonly sections: Outcome<unknown>[] = [];
  /** What had been asked for when the end came. */
  beforeEnd: Outcome<unknown>[] = [];

  write(producer: string, number: number, size: number): void {
    const outcome = outcomeOf(this.writer.write(numberedFrame(producer, number, size)));
    this.writes.push({ name: `${producer}#${number}`, outcome });
  }

  get everything(): Outcome<unknown>[] {
    return [...this.sections, ...[...this.writes, ...this.inside].map(({ outcome }) => outcome)];
  }

  /** Lets the reader drain, and sections take their steps, until everything has settled. */
  async settle(scheduler: fc.Scheduler): Promise<void> {
    for (let round = 0; round < 100; round += 1) {
      this.response.drain();
      await rounds();
      await scheduler.waitIdle();
      if (this.everything.every(({ state }) => state !== 'pending')) return;
    }
  }
}

/** Plays one run, with every step of everybody where the scheduler puts it. */
async function play(scheduler: fc.Scheduler, given: Run): Promise<Witness> {
  const witness = new Witness();
  const { response, writer } = witness;
  response.answers.push(...given.answers);
  const step = async (label: string, act: () => unknown): Promise<void> => {
    await scheduler.schedule(Promise.resolve(), label);
    await act();
  };
  const repeat = async (count: number, label: string, act: () => unknown): Promise<void> => {
    for (let index = 0; index < count; index += 1) await step(label, act);
  };
  const produce = async (sizes: readonly number[], producer: string): Promise<void> => {
    for (const [number, size] of sizes.entries()) {
      await step('write', () => witness.write(producer, number, size));
    }
  };
  const lock = async (frames: Run['sections'][number], section: string): Promise<void> => {
    await step('section', () => {
      const work = writer.exclusive(async (write) => {
        for (const [number, frame] of frames.entries()) {
          await step('inside', () => undefined);
          const written = write(numberedFrame(section, number, frame.bytes));
          witness.inside.push({ name: `${section}#${number}`, outcome: outcomeOf(written) });
          if (frame.awaited) await written;
        }
      });
      witness.sections.push(outcomeOf(work));
    });
  };
  const end = async (): Promise<void> => {
    if (given.end === 'none') return;
    await repeat(given.endAfter, 'before the end', () => undefined);
    const act = ENDS[given.end];
    await step(given.end, () => {
      witness.beforeEnd = witness.everything;
      act(response, writer);
    });
  };
  const actors = [
    ...given.producers.map((sizes, index) => produce(sizes, `p${index}`)),
    ...given.sections.map((frames, index) => lock(frames, `s${index}`)),
    repeat(given.drains, 'drain', () => response.drain()),
    repeat(given.rounds, 'round', () => rounds()),
    end(),
  ];
  await scheduler.waitFor(Promise.all(actors));
  await witness.settle(scheduler);
  return witness;
}

const isIn = <T>(of: readonly T[], part: readonly T[]): boolean => {
  const at = of.indexOf(part[0]!);
  return part.every((each, index) => of[at + index] === each);
};

function check(witness: Witness, given: Run): void {
  const { response, writes, inside } = witness;
  expect(response.faults, 'no write before drain, after the end or the close').toEqual([]);
  const written = response.writes.flatMap(framesIn);
  expect(new Set(written).size, 'nothing is written twice').toBe(written.length);

  const states = witness.everything.map(({ state }) => state);
  expect(states, 'every promise settles').not.toContain('pending');

  const accepted = writes.map(({ name }) => name);
  const queued = written.filter((name) => name.startsWith('p'));
  expect(queued, 'first come, first written').toEqual(accepted.slice(0, queued.length));
  for (const section of given.sections.keys()) {
    const own = written.filter((name) => name.startsWith(`s${section}#`));
    expect(isIn(written, own), 'a section is not interrupted').toBe(true);
  }

  const done = [...writes, ...inside].filter(({ outcome }) => outcome.state === 'resolved');
  const missing = done.filter(({ name }) => !written.includes(name));
  expect(missing, 'what is reported as written is written').toEqual([]);
  const safe = given.end === 'none' ? witness.everything : witness.beforeEnd;
  if (given.end === 'none' || given.end === 'end') {
    const lost = safe.filter(({ state }) => state === 'rejected');
    expect(lost, 'nothing is lost before an end in good order').toEqual([]);
  }
  const most = given.end === 'none' ? 0 : 1;
  expect(witness.closes.length, 'one end').toBeLessThanOrEqual(most);
}

it('[1][2][3][4][6] keeps order, frames and promises whole in every interleaving', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), run, async (scheduler, given) => {
      check(await play(scheduler, given), given);
    }),
    { numRuns: 300 },
  );
});
