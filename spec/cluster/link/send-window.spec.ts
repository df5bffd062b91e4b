import { expect, it } from 'vitest';

import { LinkBudget } from '../../../lib/cluster/link/link-budget.js';
import { Segment, SendWindow } from '../../../lib/cluster/link/send-window.js';

const NO_ACK = { epoch: 0, cursor: 0, missing: false };
const PACKET_BYTES = 64 * 1024;

function windowed() {
  const budget = new LinkBudget();
  const sendWindow = new SendWindow(budget);
  const push = (body: string): Segment => {
    const segment = new Segment(body, { segments: [], refused: false, onRefused: undefined });
    sendWindow.push(segment);
    return segment;
  };
  const bodies = (): string[][] =>
    sendWindow.fresh(PACKET_BYTES).map((batch) => [...batch.toPacket(NO_ACK).bodies]);
  return { budget, sendWindow, push, bodies };
}

it('has at most one window of bytes on its way, and sends the rest after acknowledgement', () => {
  const { budget, sendWindow, push, bodies } = windowed();
  // Three bytes each.
  const body = '中'.repeat(20 * 1024);
  const segments = Array.from({ length: 40 }, () => push(body));
  expect(bodies().flat()).toHaveLength(17);
  expect(bodies()).toEqual([]);
  sendWindow.acknowledged({ epoch: 1, cursor: 10, missing: false });
  expect(bodies().flat()).toHaveLength(10);
  expect(sendWindow.bytes).toBe(30 * segments[0]!.bytes);
  expect(budget.queuedBytes).toBe(sendWindow.bytes);
});

it('drops a segment that is withdrawn before it was sent', () => {
  const { budget, sendWindow, push, bodies } = windowed();
  // As many as are too many for the arguments of one call.
  const segments = Array.from({ length: 200_000 }, (_, n) => push(`.${n}`));
  for (const segment of segments) sendWindow.withdraw(segment);
  expect([sendWindow.isIdle, budget.queuedBytes]).toEqual([true, 0]);
  push('.next');
  expect(bodies()).toEqual([['.next']]);
});

it('sends any number of messages', () => {
  const { sendWindow, push, bodies } = windowed();
  for (let n = 0; n < 200_000; n += 1) push('.');
  let sent = 0;
  for (let more = bodies(); more.length > 0; more = bodies()) {
    sent += more.flat().length;
    sendWindow.acknowledged({ epoch: 1, cursor: sent, missing: false });
  }
  expect(sent).toBe(200_000);
  expect(sendWindow.isIdle).toBe(true);
});

it('keeps the number of a segment that is withdrawn later, with an empty body', () => {
  const { sendWindow, push, bodies } = windowed();
  const segment = push('.taken back');
  push('.next');
  expect(bodies()).toEqual([['.taken back', '.next']]);
  sendWindow.withdraw(segment);
  const [batch] = sendWindow.again(PACKET_BYTES);
  expect(batch?.toPacket(NO_ACK)).toMatchObject({ first: 1, bodies: ['', '.next'] });
});

it('counts no byte twice, whatever is given up, withdrawn or acknowledged', () => {
  const { budget, sendWindow, push, bodies } = windowed();
  const segments = ['.a', '.b', '.c'].map(push);
  bodies();
  segments.push(push('.waits'));
  sendWindow.withdraw(segments[1]!);
  sendWindow.withdraw(segments[1]!);
  sendWindow.acknowledged({ epoch: 1, cursor: 1, missing: false });
  sendWindow.withdraw(segments[0]!);
  expect(budget.queuedBytes).toBe(sendWindow.bytes);
  sendWindow.restart();
  for (const segment of segments) sendWindow.withdraw(segment);
  expect([sendWindow.bytes, budget.queuedBytes]).toEqual([0, 0]);
});

it('reports a message as arrived when all of its segments are acknowledged', () => {
  const { sendWindow, bodies } = windowed();
  let arrived = 0;
  const onArrived = (): void => void (arrived += 1);
  const message = { segments: [] as Segment[], refused: false, onRefused: undefined, onArrived };
  for (const body of ['<a', '+b', '>c']) {
    const segment = new Segment(body, message);
    message.segments.push(segment);
    sendWindow.push(segment);
  }
  bodies();
  sendWindow.acknowledged({ epoch: 1, cursor: 2, missing: false });
  expect(arrived).toBe(0);
  sendWindow.acknowledged({ epoch: 1, cursor: 3, missing: false });
  sendWindow.acknowledged({ epoch: 1, cursor: 3, missing: false });
  expect(arrived).toBe(1);
});
