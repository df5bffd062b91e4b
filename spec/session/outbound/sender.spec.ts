import { expect, it } from 'vitest';

import { ConnectionWriter } from '../../../lib/index.js';
import { Sender } from '../../../lib/session/outbound/sender.js';
import { ResumeStrategy } from '../../../lib/session/resume/resume-strategy.js';
import { encodeMessage } from '../../../lib/wire/sse-encoder.js';
import { FakeResponse } from '../../support/fake-response.js';
import { request } from '../../support/messages.js';

/** An outlet to a client that can come back. */
function attached(): Sender {
  const owner = {
    connectionClosed: () => {},
    connectionStalled: () => {},
    retainedBytesChanged: () => {},
  };
  const bounds = { maxBufferedBytes: 1 << 20, maxEvents: 1_000, maxBytes: 1 << 20 };
  const outlet = new Sender(owner, bounds, new ResumeStrategy('node-of-test', { ids: true }));
  outlet.attach(new ConnectionWriter(new FakeResponse()), 0, '/message');
  return outlet;
}

// Kills: proofs without a bound; one that forgets the newest, or all of them.
it('takes answers to its newest 256 requests as proof of reading, and to no older ones', () => {
  const outlet = attached();
  for (let id = 1; id <= 258; id += 1) {
    const message = request(id, 'ping');
    void outlet.send(message, encodeMessage(message));
  }
  outlet.answered(1);
  outlet.answered(2);
  expect(outlet.resumeOffset()).toBe(0);
  outlet.answered(3);
  expect(outlet.resumeOffset()).toBe(3);
  outlet.answered(258);
  expect(outlet.resumeOffset()).toBe(258);
});
