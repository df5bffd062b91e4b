import { expect, it } from 'vitest';

import { ResumeStrategy } from '../../../lib/session/resume/resume-strategy.js';

const POSITIONS = { positions: true };

it.each([
  ['/message?sessionId=1', 'data: /message?sessionId=1&n=3\n'],
  ['/sessions/1', 'data: /sessions/1?n=3\n'],
])('adds the position to the query of %s, or makes one of it', (announced, line) => {
  const road = new ResumeStrategy('node-of-test', POSITIONS);
  expect(road.endpointEvent(announced, 3)).toContain(line);
  expect(road.positionEvent(3)).toContain(line);
});

it('names node, stream and offset in the id of its first event', () => {
  const road = new ResumeStrategy('node-of-test', { ids: true });
  expect(road.endpointEvent('/message', 7)).toContain(`id: node-of-test.${road.token}.7\n`);
});

it('adds nothing for a client that cannot come back', () => {
  const plain = new ResumeStrategy('node-of-test');
  expect(plain.endpointEvent('/message', 0)).toBe('event: endpoint\ndata: /message\n\n');
});
