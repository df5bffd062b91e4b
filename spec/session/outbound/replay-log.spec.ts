// Alone: it measures the memory of the process.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ReplayLog } from '../../../lib/session/outbound/replay-log.js';
import type { Frame } from '../../../lib/wire/sse-encoder.js';
import { collectGarbage } from '../../support/collect-garbage.js';
import { eventually } from '../../support/eventually.js';

const frameOf = (text: string): Frame => ({ text, bytes: text.length });

/** What a log is, with nothing ever reclaimed: every message ever appended, and the first kept. */
class PlainLog {
  readonly all: Frame[] = [];
  first = 1;

  get next(): number {
    return this.all.length + 1;
  }
  get bytes(): number {
    return this.all.slice(this.first - 1).reduce((sum, { bytes }) => sum + bytes, 0);
  }
  at(offset: number): Frame | undefined {
    return offset < this.first ? undefined : this.all[offset - 1];
  }
  trim(offset: number): void {
    this.first = Math.max(this.first, Math.min(offset, this.next));
  }
}

/** Appends so many messages, or trims to a place given as a share of those that are held. */
type Step = { append: number } | { trim: number };

describe('the log', () => {
  it('is empty at first, and begins with offset 1', () => {
    const log = new ReplayLog();
    expect([log.first, log.next, log.bytes, log.at(1)]).toEqual([1, 1, 0, undefined]);
  });

  it('returns messages by their offsets until they are trimmed', () => {
    const log = new ReplayLog();
    const frames = ['a', 'bb', 'ccc'].map(frameOf);
    for (const frame of frames) log.append(frame);
    expect([1, 2, 3].map((offset) => log.at(offset))).toEqual(frames);
    log.trim(3);
    expect([1, 2, 3, 4].map((offset) => log.at(offset)?.text)).toEqual([
      undefined,
      undefined,
      'ccc',
      undefined,
    ]);
    expect([log.first, log.next, log.bytes]).toEqual([3, 4, 3]);
  });

  it('is trimmed to its end at most', () => {
    const log = new ReplayLog();
    log.append(frameOf('a'));
    log.trim(100);
    expect([log.first, log.next, log.size]).toEqual([2, 2, 0]);
    log.append(frameOf('b'));
    expect(log.at(2)?.text).toBe('b');
  });

  it('behaves like a plain array, whatever is appended and trimmed', () => {
    const step = fc.oneof(
      fc.record({ append: fc.integer({ min: 1, max: 800 }) }),
      fc.record({ trim: fc.double({ min: -0.2, max: 1.2, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps: Step[]) => {
        const log = new ReplayLog();
        const plain = new PlainLog();
        for (const each of steps) {
          if ('append' in each) {
            for (let count = 0; count < each.append; count += 1) {
              const frame = { text: '', bytes: plain.all.length % 7 };
              log.append(frame);
              plain.all.push(frame);
            }
          } else {
            const to = plain.first + Math.round((plain.next - plain.first) * each.trim);
            log.trim(to);
            plain.trim(to);
          }
          expect([log.first, log.next, log.bytes]).toEqual([plain.first, plain.next, plain.bytes]);
          const { first, next } = plain;
          for (const at of [
            0,
            1,
            first - 1,
            first,
            (first + next) >> 1,
            next - 1,
            next,
            next + 1,
          ]) {
            expect(log.at(at)).toBe(plain.at(at));
          }
        }
      }),
    );
  });

  it('releases every message that it drops, one by one', async () => {
    const log = new ReplayLog();
    const dropped: WeakRef<Frame>[] = [];
    const appendOne = (text: string) => {
      const frame = frameOf(text);
      log.append(frame);
      return new WeakRef(frame);
    };
    for (let index = 0; index < 500; index += 1) dropped.push(appendOne('dropped'));
    const kept = [appendOne('kept'), appendOne('kept')];
    log.trim(501);
    await eventually(() => {
      collectGarbage();
      return dropped.every((frame) => !frame.deref());
    }, 'the end of what was dropped');
    expect(kept.map((frame) => frame.deref()?.text)).toEqual(['kept', 'kept']);
    expect(log.bytes).toBe(8);
  });

  it('reclaims the slots of dropped messages even if it is never empty', () => {
    const log = new ReplayLog();
    const frame = frameOf('x');
    log.append(frame);
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let offset = 2; offset <= 4_000_000; offset += 1) {
      log.append(frame);
      log.trim(offset);
    }
    collectGarbage();
    // The slots of four million messages would be 32 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8_000_000);
    expect([log.first, log.next, log.bytes]).toEqual([4_000_000, 4_000_001, 1]);
  });
});
