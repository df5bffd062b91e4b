import { EventSource as EventSource4 } from 'eventsource';
import { EventSource as EventSource3 } from 'eventsource3';
import { expect, it } from 'vitest';

import { resumableFetch } from '../../lib/client/index.js';
import { connectEventSource, type Source } from '../support/event-source-client.js';
import { expectSurvival, ordeal, repeatsIn } from '../support/ordeal.js';

it.each<[string, Source]>([
  ['eventsource 3', EventSource3],
  ['eventsource 4', EventSource4],
])(
  '%s gets every message once and in order, however its streams are cut',
  async (name, source) => {
    const report = await ordeal(name, (url) => connectEventSource(source, url, resumableFetch()));
    expect(repeatsIn(report.seen)).toBe(0);
    expect(report.seen).toHaveLength(report.sent);
    expectSurvival(report);
  },
  120_000,
);
