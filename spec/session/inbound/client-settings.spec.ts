import { expect, it } from 'vitest';

import { ClientSettings } from '../../../lib/session/inbound/client-settings.js';
import { notification, request, result } from '../../support/messages.js';

function subscribe(settings: ClientSettings, id: number, uri: unknown): void {
  settings.received(request(id, 'resources/subscribe', { uri }));
  settings.sent(result(id));
}

it('keeps settings that were answered with a result', () => {
  const settings = new ClientSettings();
  subscribe(settings, 1, 'a:1');
  settings.received(request(2, 'resources/subscribe', { uri: 'a:2' }));
  settings.sent({ jsonrpc: '2.0', id: 2, error: { code: 1, message: 'no' } });
  settings.received(request(3, 'logging/setLevel', { level: 'debug' }));
  settings.sent(result(3));
  subscribe(settings, 4, 1);
  expect([...settings.subscriptions]).toEqual(['a:1']);
  expect(settings.level).toBe('debug');
  settings.received(request(5, 'resources/unsubscribe', { uri: 'a:1' }));
  settings.sent(result(5));
  expect([[...settings.subscriptions], settings.heldBytes]).toEqual([[], 0]);
});

it('keeps a bounded number of them, and reports that they are incomplete', () => {
  const settings = new ClientSettings();
  for (let count = 0; count < 4_096; count += 1) subscribe(settings, count, `a:${count}`);
  expect(settings.complete).toBe(true);
  subscribe(settings, 4_096, 'a:one more');
  expect([settings.subscriptions.size, settings.complete]).toEqual([4_096, false]);
});

it('keeps a bounded number of characters', () => {
  const settings = new ClientSettings();
  subscribe(settings, 1, `a:${'x'.repeat(256 * 1024)}`);
  expect([settings.subscriptions.size, settings.complete]).toEqual([0, false]);
});

// Kills: requests of megabytes that are kept for as long as their session, because no answer comes.
it('drops a cancelled request, which gets no answer', () => {
  const settings = new ClientSettings();
  settings.received(request(1, 'logging/setLevel', { level: 'debug' }));
  settings.received(notification('notifications/cancelled', { requestId: 1 }));
  settings.sent(result(1));
  expect(settings.level).toBeUndefined();
});
