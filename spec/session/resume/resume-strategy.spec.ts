import { expect, it } from 'vitest';

import { ResumeStrategy } from '../../../lib/session/resume/resume-strategy.js';

const POSITIONS = { positions: true };

it.each([
  ['/message?sessionId=1', /^data: \/message\?sessionId=1&n=3\.[\w-]{8}$/m],
  ['/sessions/1', /^data: \/sessions\/1\?n=3\.[\w-]{8}$/m],
])('adds the position to the query of %s, or makes one of it', (messageUrl, line) => {
  const strategy = new ResumeStrategy('node-of-test', POSITIONS);
  expect(strategy.endpointEvent(messageUrl, 3)).toMatch(line);
  expect(strategy.positionEvent(3)).toMatch(line);
});

it('names node, stream and offset in the id of its first event', () => {
  const strategy = new ResumeStrategy('node-of-test', { ids: true });
  expect(strategy.endpointEvent('/message', 7)).toContain(`id: node-of-test.${strategy.token}.7\n`);
});

it('adds nothing for a client that cannot resume', () => {
  const plain = new ResumeStrategy('node-of-test');
  expect(plain.endpointEvent('/message', 0)).toBe('event: endpoint\ndata: /message\n\n');
});
