import { describe, expect, it } from 'vitest';

import { parseOptions } from '../../lib/options/settings.js';
import type { SunsetOptions } from '../../lib/options/sunset.js';
import { Sunset } from '../../lib/session/sunset.js';

const ANYBODY = { principal: undefined, userAgent: undefined, clientInfo: undefined };
const successor = 'https://tools.example/mcp';

function headersOf(options: Partial<SunsetOptions>): Readonly<Record<string, string>> {
  const { sunset } = parseOptions({ sunset: { deprecated: new Date(0), successor, ...options } });
  return new Sunset(sunset!, () => undefined).headersFor(ANYBODY);
}

describe('Deprecation', () => {
  it('is the example of RFC 9745, section 2.1', () => {
    const deprecated = new Date('2023-06-30T23:59:59Z');
    expect(headersOf({ deprecated }).Deprecation).toBe('@1688169599');
  });

  // [spec] RFC 9651, 3.3.7: a Date is an Integer, which has no fraction.
  it.each([
    ['2023-06-30T23:59:59.999Z', '@1688169599'],
    ['1970-01-01T00:00:00Z', '@0'],
    ['1969-12-31T23:59:58.500Z', '@-2'],
  ])('of %s is a whole number of seconds', (date, expected) => {
    expect(headersOf({ deprecated: new Date(date) }).Deprecation).toBe(expected);
  });
});

describe('Sunset', () => {
  it('is the example of RFC 9745, section 4, in the form of RFC 8594', () => {
    const deprecated = new Date('2023-06-30T23:59:59Z');
    const headers = headersOf({ deprecated, at: new Date('2024-06-30T23:59:59Z') });
    expect(headers.Sunset).toBe('Sun, 30 Jun 2024 23:59:59 GMT');
  });

  // The RFC has a wrong day of the week, "Sat".
  it('is the example of RFC 8594, section 3', () => {
    const at = new Date('2018-12-31T23:59:59Z');
    expect(headersOf({ at }).Sunset).toBe('Mon, 31 Dec 2018 23:59:59 GMT');
  });

  // [spec] RFC 9110, 5.6.7: IMF-fixdate has two digits for the day.
  it('has two digits for the day', () => {
    expect(headersOf({ at: new Date('2027-12-01T05:06:07Z') }).Sunset).toBe(
      'Wed, 01 Dec 2027 05:06:07 GMT',
    );
  });
});

/** What the links of a field say, by the grammar of RFC 8288, section 3. */
function linksOf(field: string): [target: string, parameters: Record<string, string>][] {
  const token = "[\\w!#$%&'*+.^`|~-]+";
  const parameter = `\\s*;\\s*(${token})\\s*=\\s*(?:(${token})|"((?:[^"\\\\]|\\\\.)*)")`;
  const link = new RegExp(`\\s*<([^<>"\\s]*)>((?:${parameter})*)\\s*(?:,|$)`, 'y');
  const links: [string, Record<string, string>][] = [];
  while (link.lastIndex < field.length) {
    const [, target = '', parameters = ''] = link.exec(field) ?? expect.fail(field);
    const named = [...parameters.matchAll(new RegExp(parameter, 'g'))].map(
      ([, name = '', plain, quoted = '']) => [name, plain ?? quoted.replace(/\\(.)/g, '$1')],
    );
    links.push([target, Object.fromEntries(named)]);
  }
  return links;
}

describe('Link', () => {
  it.each([
    [
      '<http://example.com/TheBook/chapter2>; rel="previous"; title="previous chapter"',
      [['http://example.com/TheBook/chapter2', { rel: 'previous', title: 'previous chapter' }]],
    ],
    ['</>; rel="http://example.net/foo"', [['/', { rel: 'http://example.net/foo' }]]],
    [
      '<http://example.org/>; rel="start http://example.net/relation/other"',
      [['http://example.org/', { rel: 'start http://example.net/relation/other' }]],
    ],
    [
      '<https://example.org/>; rel="start", <https://example.org/index>; rel="index"',
      [
        ['https://example.org/', { rel: 'start' }],
        ['https://example.org/index', { rel: 'index' }],
      ],
    ],
  ])('this spec reads the example of RFC 8288: %s', (field, links) => {
    expect(linksOf(field)).toEqual(links);
  });

  // [spec] RFC 5829: successor-version. RFC 9745, 3: deprecation.
  it('names the successor and the policy only, whatever their URLs contain', () => {
    const { Link = '' } = headersOf({
      successor: 'https://tools.example/a,b>c;d="e"?f=<g>&h=\\i',
      policy: 'https://tools.example/;rel="x", <https://evil.example>; rel="y"',
    });
    const links = linksOf(Link);
    expect(links.map(([, parameters]) => parameters)).toEqual([
      { rel: 'successor-version' },
      { rel: 'deprecation' },
    ]);
    for (const [target] of links) expect(new URL(target).host).toBe('tools.example');
  });
});
