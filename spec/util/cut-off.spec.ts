// Alone: it measures the heap.
import { expect, it } from 'vitest';

import { previewOf } from '../../lib/dashboard/excerpt.js';
import { describe } from '../../lib/otel/request-attributes.js';
import { cutOff } from '../../lib/util/cut-off.js';
import { collectGarbage } from '../support/collect-garbage.js';
import { notification, request } from '../support/messages.js';

const MIB = 1024 * 1024;
const used = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};
/** A text of its own, as JSON.parse makes it. */
const large = (n: number): string => JSON.parse(`"${n}${'x'.repeat(2 * MIB)}"`) as string;

it('leaves a short text as it is, and cuts a longer one off', () => {
  expect([cutOff('four', 4), cutOff('five!', 4), cutOff('', 4)]).toEqual(['four', 'five', '']);
});

// Kills: an excerpt that holds the whole message, which its sender makes megabytes long.
it.each<[string, (text: string) => unknown]>([
  ['an excerpt', (text) => cutOff(text, 100)],
  ['the name of a span', (text) => describe(request(1, text)).name],
  ['the id of a request', (text) => describe(request(text, 'x')).attributes],
  ['the name of a tool', (text) => describe(request(1, 'tools/call', { name: text })).attributes],
  ['a resource', (text) => describe(request(1, 'resources/read', { uri: text })).attributes],
  ['a preview, by its value', (text) => previewOf(notification('x', { text }))],
  ['a preview, by its keys', (text) => previewOf(notification('x', { [text]: 1 }))],
])('%s does not keep the whole text in memory', (_, excerptOf) => {
  const before = used();
  const kept = Array.from({ length: 20 }, (_none, n) => excerptOf(large(n)));
  expect(used() - before).toBeLessThan(10 * MIB);
  expect(kept).toHaveLength(20);
});
