import { describe, expect, it } from 'vitest';

import type { TrailUpdate } from '../../../lib/session/inbound/trail-update.js';
import { notification, request } from '../../support/messages.js';
import { head, newTrail } from './new-trail.js';

describe('the trail of a session', () => {
  it('notes calls that begin, are answered, and are read', () => {
    const { trail, session, changes } = newTrail();
    trail.received(request(1));
    trail.received(request('b'));
    expect(changes).toEqual([true, true]);
    expect(trail.takeUpdate()).toEqual({ n: 7, read: 0, head, begun: [1, 'b'] });
    expect(trail.takeUpdate()).toBeUndefined();
    trail.answered(1, 5);
    expect(changes).toEqual([true, true, false]);
    expect(trail.takeUpdate()).toEqual({ n: 7, read: 0, answered: [[1, 5]] });
    session.sender.readOffset = 5;
    trail.received(request(3));
    expect(trail.takeUpdate()).toEqual({ n: 7, read: 5, begun: [3] });
  });

  it('continues on another node with the unread answers', () => {
    const { trail, session } = newTrail();
    for (const id of [1, 2, 'c']) {
      trail.received(request(id));
      trail.answered(id, id === 'c' ? 9 : Number(id));
    }
    trail.received(request(4));
    session.sender.readOffset = 1;
    expect(trail.unread).toEqual([
      [2, 2],
      ['c', 9],
    ]);
    for (const state of ['detached', 'open'] as const) {
      const next = newTrail();
      next.session.state = state;
      next.trail.restore(trail.unread);
      const told = { n: 7, read: 0, head, answered: trail.unread };
      // To a client that is connected they are as good as read, until its stream is cut.
      expect(next.trail.takeUpdate()).toEqual(state === 'open' ? undefined : told);
      next.session.state = 'detached';
      next.trail.detached();
      expect(next.trail.takeUpdate()).toEqual(state === 'open' ? told : undefined);
      next.session.sender.readOffset = 9;
      expect(next.trail.unread).toEqual([]);
    }
  });

  it('introduces the session again if the other node had dropped it', () => {
    const { trail, session } = newTrail();
    trail.received(request(1));
    trail.takeUpdate();
    trail.answered(1, 5);
    trail.takeUpdate();
    session.sender.readOffset = 5;
    trail.received(request(2));
    trail.answered(2, 6);
    // Nothing to tell: neither was told, or is read.
    expect(trail.takeUpdate()).toBeUndefined();
    trail.received(request(3));
    const update = trail.takeUpdate();
    expect(update).toEqual({ n: 7, read: 5, begun: [3] });
    trail.received(notification('notifications/cancelled', { requestId: 3 }));
    expect(trail.takeUpdate()).toEqual({ n: 7, read: 5, over: [3] });
    trail.received(request(4));
    expect(trail.takeUpdate()).toEqual({ n: 7, read: 5, head, begun: [4] });
  });

  it('reports a call as over if its answer is read before it was told', () => {
    const { trail, session } = newTrail();
    trail.received(request(1));
    trail.takeUpdate();
    trail.answered(1, 5);
    session.sender.readOffset = 9;
    expect(trail.takeUpdate()).toEqual({ n: 7, read: 9, over: [1] });
  });

  it('omits calls that are answered before they were told, unless their client is away', () => {
    const { trail, session, changes } = newTrail();
    trail.received(request(1));
    trail.answered(1, 1);
    expect(trail.told()).toBeUndefined();
    expect(trail.takeUpdate()).toBeUndefined();
    session.state = 'detached';
    trail.detached();
    expect(changes.at(-1)).toBe(true);
    expect(trail.takeUpdate()).toEqual({ n: 7, read: 0, head, answered: [[1, 1]] });
    trail.received(request(2));
    trail.answered(2, 2);
    expect(trail.takeUpdate()).toEqual({ n: 7, read: 0, answered: [[2, 2]] });
  });

  it('omits read answers when the stream is lost', () => {
    const { trail, session, changes } = newTrail();
    trail.detached();
    trail.received(request(1));
    trail.answered(1, 1);
    session.sender.readOffset = 1;
    session.state = 'detached';
    trail.detached();
    expect(changes).toEqual([true]);
    expect(trail.takeUpdate()).toBeUndefined();
  });

  it('tells a new node all calls', () => {
    const { trail, session } = newTrail();
    trail.received(request(1));
    trail.received(request(2));
    trail.takeUpdate();
    trail.answered(2, 1);
    trail.received(request(3));
    trail.answered(3, 2);
    const all: TrailUpdate = { n: 7, read: 0, head, begun: [1], answered: [[2, 1]] };
    expect(trail.takeAll()).toEqual(all);
    expect(trail.takeUpdate()).toBeUndefined();
    session.state = 'detached';
    const answered = [
      [2, 1],
      [3, 2],
    ];
    expect(trail.takeAll()).toEqual({ ...all, answered });
  });

  it('ends, and reports that if the other node knows the session', () => {
    const one = newTrail();
    one.trail.ended();
    expect(one.ended()).toBe(1);
    expect(one.trail.takeUpdate()).toBeUndefined();
    const { trail } = newTrail();
    trail.received(request(1));
    trail.takeUpdate();
    trail.ended();
    expect(trail.takeUpdate()).toEqual({ n: 7, ended: true });
  });

  it('tells what was not read when its session moved, although the session keeps nothing now', () => {
    const { trail, session } = newTrail();
    trail.received(request(1));
    trail.answered(1, 5);
    trail.leaves();
    session.sender.readOffset = 9;
    expect(trail.takeUpdate()).toEqual({ n: 7, read: 0, head, answered: [[1, 5]] });
  });

  it('omits calls of sessions that cannot be resumed, and calls with a very long id', () => {
    const { trail, session } = newTrail();
    trail.received(request(1, 'initialize'));
    trail.received(request(2, 'ping'));
    trail.received(request('x'.repeat(129)));
    trail.received(notification('notifications/cancelled', { requestId: 9 }));
    trail.answered(9, 1);
    session.sender.resumeStrategy.resumable = false;
    trail.received(request(3));
    expect(trail.takeUpdate()).toBeUndefined();
  });

  it('drops the oldest answers beyond 256, and those whose id is reused', () => {
    const { trail } = newTrail();
    for (let id = 1; id <= 257; id += 1) trail.received(request(id));
    trail.takeUpdate();
    for (let id = 1; id <= 257; id += 1) trail.answered(id, id);
    expect(trail.takeUpdate()?.over).toEqual([1]);
    trail.received(request(2));
    expect(trail.takeUpdate()).toEqual({ n: 7, read: 0, over: [2], begun: [2] });
  });

  it('tells of answers in their order when the stream is lost, those that were told before too', () => {
    const { trail, session } = newTrail();
    for (const id of [1, 2, 3]) trail.received(request(id));
    trail.takeUpdate();
    trail.received(request(4));
    trail.answered(4, 1);
    trail.answered(3, 2);
    trail.takeUpdate();
    session.state = 'detached';
    trail.detached();
    expect(trail.takeUpdate()).toEqual({ n: 7, read: 0, answered: [[4, 1]] });
    expect(trail.unread).toEqual([
      [4, 1],
      [3, 2],
    ]);
    session.sender.readOffset = 1;
    expect(trail.unread).toEqual([[3, 2]]);
  });

  it('forgets the answer to an id that is used again', () => {
    const answerTwice = () => {
      const rig = newTrail();
      rig.trail.received(request(1));
      rig.trail.answered(1, 1);
      rig.trail.received(request(1));
      return rig;
    };
    const cut = ({ trail, session }: ReturnType<typeof newTrail>) => {
      session.state = 'detached';
      trail.detached();
      return trail.takeUpdate();
    };
    const running = answerTwice();
    expect(running.trail.unread).toEqual([]);
    expect(cut(running)).toEqual({ n: 7, read: 0, head, begun: [1] });

    const answered = answerTwice();
    answered.trail.answered(1, 2);
    expect(cut(answered)).toEqual({ n: 7, read: 0, head, answered: [[1, 2]] });

    const told = answerTwice();
    told.trail.takeUpdate();
    told.trail.answered(1, 2);
    expect(told.trail.unread).toEqual([[1, 2]]);
    expect(cut(told)).toEqual({ n: 7, read: 0, answered: [[1, 2]] });
  });
});
