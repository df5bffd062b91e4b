import { expect, it } from 'vitest';

import { Sender } from '../../../lib/session/outbound/sender.js';
import { ResumeStrategy } from '../../../lib/session/resume/resume-strategy.js';
import { ConnectionWriter } from '../../../lib/stream/connection-writer.js';
import { encodeMessage } from '../../../lib/wire/sse-encoder.js';
import { FakeResponse } from '../../support/fake-response.js';
import { request } from '../../support/messages.js';

const BY_KEY = { by: 'key', key: 'mine' } as const;

/** An sender to a client that can come back. */
function attached(): Sender {
  const owner = {
    connectionClosed: () => {},
    connectionStalled: () => {},
    heldBytesChanged: () => {},
  };
  const bounds = { maxBufferedBytes: 1 << 20, maxEvents: 1_000, maxBytes: 1 << 20 };
  const sender = new Sender(owner, bounds, new ResumeStrategy('node-of-test', { ids: true }));
  sender.attach(new ConnectionWriter(new FakeResponse()), 0, '/message');
  return sender;
}

// Kills: proofs without a bound; one that forgets the newest, or all of them.
it('counts answers to its newest 256 requests as acknowledgements, but to no older ones', () => {
  const sender = attached();
  for (let id = 1; id <= 258; id += 1) {
    const message = request(id, 'ping');
    void sender.send(message, encodeMessage(message));
  }
  sender.answered(1);
  sender.answered(2);
  expect(sender.resumeOffset(BY_KEY)).toBe(0);
  sender.answered(3);
  expect(sender.resumeOffset(BY_KEY)).toBe(3);
  sender.answered(258);
  expect(sender.resumeOffset(BY_KEY)).toBe(258);
});
