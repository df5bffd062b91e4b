import { CallTrail } from '../../../lib/session/inbound/call-trail.js';
import { deferred } from '../../support/deferred.js';

type State = 'open' | 'detached' | 'closed';

/** A trail whose session is what the test makes of it. */
export function newTrail() {
  const sender = {
    readOffset: 0,
    resumeStrategy: { resumable: true, token: 'token', key: undefined },
  };
  const session = {
    id: 'one',
    principal: 'alice',
    address: '::1',
    state: 'open' as State,
    sender,
  };
  const changes: boolean[] = [];
  let ended = 0;
  const told = deferred();
  const trail = new CallTrail(
    session,
    {
      changed: (_, soon) => changes.push(soon),
      told: () => told.promise,
      ended: () => (ended += 1),
    },
    7,
  );
  return { trail, session, changes, told, ended: () => ended };
}

/** How the other node is told of it. */
export const head = {
  id: 'one',
  token: 'token',
  key: undefined,
  principal: 'alice',
  address: '::1',
};
