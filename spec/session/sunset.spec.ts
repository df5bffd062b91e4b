import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { McpSseError } from '../../lib/index.js';
import { parseOptions } from '../../lib/options/settings.js';
import type { SunsetOptions } from '../../lib/options/sunset.js';
import { Sunset, type SunsetCaller } from '../../lib/session/sunset.js';

const day = (text: string): Date => new Date(`${text}T00:00:00Z`);
const PLAN = {
  deprecated: day('2027-01-01'),
  at: day('2027-12-01'),
  successor: 'https://tools.example/mcp',
} satisfies SunsetOptions;
const ANYBODY: SunsetCaller = { principal: undefined, userAgent: undefined, clientInfo: undefined };

let failures: McpSseError[] = [];
const sunsetOf = (options: Partial<SunsetOptions> = {}): Sunset => {
  const { sunset } = parseOptions({ sunset: { ...PLAN, ...options } });
  return new Sunset(sunset!, (error) => failures.push(error));
};
const refused = (sunset: Sunset, token = 'x', caller = ANYBODY): string | undefined =>
  sunset.refusalOf(caller, token)?.message;
/** How many of 1,000 sessions are refused. */
const refusals = (sunset: Sunset): number =>
  Array.from({ length: 1_000 }, (_, index) => refused(sunset, `id-${index}`)).filter(Boolean)
    .length;

beforeEach(() => {
  failures = [];
  vi.useFakeTimers({ toFake: ['Date'], now: day('2027-06-01') });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the header fields', () => {
  it('contain the dates and the successor', () => {
    expect(sunsetOf({ policy: 'https://tools.example/end' }).headersFor(ANYBODY)).toEqual({
      Deprecation: '@1798761600',
      Sunset: 'Wed, 01 Dec 2027 00:00:00 GMT',
      Link:
        '<https://tools.example/mcp>; rel="successor-version", ' +
        '<https://tools.example/end>; rel="deprecation"',
    });
  });

  it('contain neither an end nor a policy if there is none', () => {
    const { deprecated, successor } = PLAN;
    const { sunset } = parseOptions({ sunset: { deprecated, successor } });
    const fields = new Sunset(sunset!, () => undefined).headersFor(ANYBODY);
    expect(fields).toEqual({
      Deprecation: '@1798761600',
      Link: '<https://tools.example/mcp>; rel="successor-version"',
    });
  });

  // Kills: a URL of the options that ends its angle brackets.
  it('cannot be broken by the characters of a URL', () => {
    const successor = 'https://tools.example/a>b?c="d"#é';
    const { Link } = sunsetOf({ successor }).headersFor(ANYBODY);
    expect(Link).toBe('<https://tools.example/a%3Eb?c=%22d%22#%C3%A9>; rel="successor-version"');
  });
});

describe('new sessions', () => {
  it.each([
    ['2026-06-01', false],
    ['2027-11-30', false],
    ['2027-12-01', true],
    ['2030-01-01', true],
  ])('on %s are refused: %s', (date, isRefused) => {
    const sunset = sunsetOf();
    vi.setSystemTime(day(date));
    expect(refused(sunset) !== undefined).toBe(isRefused);
  });

  it('are never refused without `at`', () => {
    const { at: _, ...plan } = PLAN;
    const { sunset } = parseOptions({ sunset: plan });
    vi.setSystemTime(day('2099-01-01'));
    expect(refused(new Sunset(sunset!, () => undefined))).toBeUndefined();
  });

  it('get an error that names the successor', () => {
    const sunset = sunsetOf({ policy: 'https://tools.example/end' });
    vi.setSystemTime(PLAN.at);
    expect(refused(sunset)).toBe(
      'This server has ended MCP over HTTP+SSE. Connect to https://tools.example/mcp by ' +
        'Streamable HTTP instead. More about it: https://tools.example/end',
    );
    expect(sunset.detailsOf(sunset.refusalOf(ANYBODY, 'x')!)).toEqual({
      successor: 'https://tools.example/mcp',
      policy: 'https://tools.example/end',
      sunset: '2027-12-01T00:00:00.000Z',
    });
  });
});

it("announce each caller's own end", () => {
  const sunset = sunsetOf({ applies: () => day('2027-05-01') });
  const refusal = sunset.refusalOf(ANYBODY, 'x')!;
  expect(sunset.detailsOf(refusal).sunset).toBe('2027-05-01T00:00:00.000Z');
  const of = sunsetOf({ applies: () => new Date(8.64e15) });
  expect([of.refusalOf(ANYBODY, 'x'), failures.length]).toEqual([undefined, 1]);
});

describe('brownouts', () => {
  const from = new Date('2027-06-01T12:00:00Z');
  const to = new Date('2027-06-01T12:30:00Z');
  const at = (time: string, sunset: Sunset): number => {
    vi.setSystemTime(new Date(`2027-06-01T${time}Z`));
    return refusals(sunset);
  };

  it('that overlap are announced as one', () => {
    const later = { from: new Date('2027-06-01T12:20:00Z'), to: new Date('2027-06-01T13:00:00Z') };
    const sunset = sunsetOf({ brownouts: [{ from, to }, later] });
    vi.setSystemTime(later.from);
    expect(refused(sunset)).toContain('until 2027-06-01 13:00 UTC');
  });

  it('refuse all new sessions from their start to their end, and name the end', () => {
    const sunset = sunsetOf({ brownouts: [{ from, to }] });
    expect(at('11:59:59', sunset)).toBe(0);
    expect(at('12:00:00', sunset)).toBe(1_000);
    expect(refused(sunset)).toContain(
      'pauses MCP over HTTP+SSE until 2027-06-01 12:30 UTC, and ends it on 2027-12-01. Connect to',
    );
    expect(at('12:30:00', sunset)).toBe(0);
  });

  it('refuse their share, and the same sessions on each node', () => {
    const brownouts = [{ from, to, share: 0.25 }];
    const [one, other] = [sunsetOf({ brownouts }), sunsetOf({ brownouts })];
    vi.setSystemTime(from);
    const count = refusals(one);
    expect(count).toBeGreaterThan(200);
    expect(count).toBeLessThan(300);
    for (let index = 0; index < 100; index += 1) {
      expect(refused(one, `id-${index}`)).toBe(refused(other, `id-${index}`));
    }
  });

  it('may overlap: the larger share counts', () => {
    const brownouts = [
      { from, to, share: 0.001 },
      { from, to, share: 1 },
    ];
    vi.setSystemTime(from);
    expect(refusals(sunsetOf({ brownouts }))).toBe(1_000);
  });
});

describe('applies', () => {
  const ann = { ...ANYBODY, principal: 'ann' };
  const bob = { ...ANYBODY, principal: 'bob' };

  it('gets the facts that usage() shows', () => {
    const applies = vi.fn<() => boolean>(() => true);
    const caller = { ...ann, userAgent: 'node', clientInfo: { name: 'a', version: '1' } };
    sunsetOf({ applies }).headersFor(caller);
    expect(applies).toHaveBeenCalledExactlyOnceWith(caller);
  });

  it('exempts callers: no announcement, no notice, no refusal', () => {
    const sunset = sunsetOf({ applies: ({ principal }) => principal === 'ann' });
    vi.setSystemTime(PLAN.at);
    expect(refused(sunset, 'x', ann)).toBeDefined();
    expect(refused(sunset, 'x', bob)).toBeUndefined();
    expect(sunset.headersFor(bob)).toEqual({});
    expect(sunset.noticeFor(bob)).toBeUndefined();
    expect(sunset.isSelective).toBe(true);
  });

  it('gives callers their own end', () => {
    const later = day('2028-06-01');
    const sunset = sunsetOf({ applies: ({ principal }) => (principal === 'ann' ? later : true) });
    expect(sunset.headersFor(ann)).toMatchObject({ Sunset: later.toUTCString() });
    expect(sunset.noticeFor(ann)).toContain('ends on 2028-06-01');
    vi.setSystemTime(PLAN.at);
    expect(refused(sunset, 'x', ann)).toBeUndefined();
    expect(refused(sunset, 'x', bob)).toBeDefined();
    vi.setSystemTime(later);
    expect(refused(sunset, 'x', ann)).toBeDefined();
  });

  // Kills: a mistake of the application that ends the service for everybody.
  it.each([
    ['throws', () => JSON.parse('{')],
    ['answers nothing', () => undefined],
    ['answers a promise', () => Promise.reject(new Error('no'))],
    ['answers an invalid date', () => new Date('never')],
  ])('that %s exempts the caller, and is reported', (_, applies) => {
    const sunset = sunsetOf({ applies: applies as () => boolean });
    vi.setSystemTime(PLAN.at);
    expect(refused(sunset)).toBeUndefined();
    expect(failures.map(({ code }) => code)).toEqual(['hook-failed']);
  });
});

describe('the notice', () => {
  it('is sent from the deprecation on', () => {
    const sunset = sunsetOf();
    vi.setSystemTime(day('2026-12-31'));
    expect(sunset.noticeFor(ANYBODY)).toBeUndefined();
    vi.setSystemTime(PLAN.deprecated);
    expect(sunset.noticeFor(ANYBODY)).toBe(
      'MCP over HTTP+SSE is deprecated here and ends on 2027-12-01. ' +
        'Its successor is https://tools.example/mcp',
    );
  });

  it('may be a text of the application, or off', () => {
    expect(sunsetOf({ notice: 'Move!' }).noticeFor(ANYBODY)).toBe('Move!');
    expect(sunsetOf({ notice: false }).noticeFor(ANYBODY)).toBeUndefined();
  });
});
