import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseOptions } from '../../lib/options/settings.js';
import { nearest } from '../../lib/util/spelling.js';

const groups = {
  paths: ['sse', 'message'],
  keepAlive: ['intervalMs', 'ping', 'timeoutMs'],
  limits: [
    'maxBodyBytes',
    'maxBufferedBytes',
    'maxTotalBytes',
    'writeTimeoutMs',
    'maxSessions',
    'maxSessionsPerPrincipal',
    'maxConcurrentRequests',
    'initializeTimeoutMs',
    'idleTimeoutMs',
    'hookTimeoutMs',
  ],
  security: ['allowedHosts', 'allowedOrigins', 'principal'],
  hooks: ['onConnect', 'onSessionOpen', 'onReceive', 'onSend', 'onSessionClose', 'onError'],
};
const members = Object.entries(groups).flatMap(([group, names]) =>
  names.map((name) => [group, name] as const),
);
const topLevel = [
  'server',
  'handler',
  'endpoint',
  'adapter',
  'sessionIdGenerator',
  ...Object.keys(groups),
];

/** What JavaScript code would be told that misspells a name, in the group or at the top. */
function complaint(misspelt: string, group?: string): string {
  const options = group ? { [group]: { [misspelt]: undefined } } : { [misspelt]: undefined };
  try {
    parseOptions(options as object);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`${misspelt} was taken`);
}

/** The slips of a writer's hand: a letter dropped, doubled or exchanged; the case of all. */
function slips(name: string): string[] {
  const letters = Array.from(name.slice(1), (_, at) => at + 1);
  return [
    ...letters.map((at) => name.slice(0, at) + name.slice(at + 1)),
    ...letters.map((at) => name.slice(0, at) + name.charAt(at) + name.slice(at)),
    ...letters.map((at) => name.slice(0, at) + '7' + name.slice(at + 1)),
    name.toUpperCase(),
  ];
}

describe('a misspelt option', () => {
  it.each(members)('%s.%s is suggested', (group, name) => {
    for (const misspelt of slips(name)) {
      expect(complaint(misspelt, group)).toBe(
        `mcpSse(): unknown option ${group}.${misspelt}: did you mean ${group}.${name}?`,
      );
    }
  });

  it.each(topLevel)('%s is suggested', (name) => {
    for (const misspelt of slips(name)) {
      expect(complaint(misspelt)).toBe(
        `mcpSse(): unknown option ${misspelt}: did you mean ${name}?`,
      );
    }
  });

  it.each(members)('that belongs into a group (%s.%s) gets the group suggested', (group, name) => {
    expect(complaint(name)).toBe(
      `mcpSse(): unknown option ${name}: did you mean ${group}.${name}?`,
    );
  });

  it('gets no suggestion if no name is similar', () => {
    expect(complaint('telemetry')).toBe('mcpSse(): unknown option telemetry');
    expect(complaint('telemetry', 'limits')).toBe('mcpSse(): unknown option limits.telemetry');
  });
});

describe('the nearest name', () => {
  it('is the name itself, in any case', () => {
    expect(nearest('MAXCONCURRENTREQUEST', ['limits.maxConcurrentRequests', 'hooks.onSend'])).toBe(
      'limits.maxConcurrentRequests',
    );
  });

  it('needs fewer edits than any other, by the last part of a name', () => {
    expect(nearest('timeout', ['a.idleTimeoutMs', 'b.timeoutMs', 'timer'])).toBe('b.timeoutMs');
  });

  // Kills: letters in front that count for nothing, on either side.
  it.each([
    ['xsse', ['xssy', 'sse']],
    ['sse', ['ssy', 'xsse']],
  ])('is the first of several that are equally similar to %s', (name, known) => {
    expect(nearest(name, known)).toBe(known[0]);
  });

  it('is undefined without similar candidates', () => {
    expect(nearest('x', [])).toBeUndefined();
    expect(nearest('completely', ['different'])).toBeUndefined();
  });

  it('is always a known name', () => {
    const known = fc.array(fc.string(), { maxLength: 5 });
    fc.assert(
      fc.property(fc.string(), known, (name, candidates) => {
        const found = nearest(name, candidates);
        expect(found === undefined || candidates.includes(found)).toBe(true);
      }),
    );
  });
});
