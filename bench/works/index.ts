import { broadcast } from './broadcast.js';
import { churn } from './churn.js';
import { growth } from './growth.js';
import { idle } from './idle.js';
import { latency } from './latency.js';
import { open } from './open.js';
import { burst, burstAwait, perTurn } from './push.js';
import { request } from './request.js';
import { stalled } from './stalled.js';
import type { Work } from './work.js';

/** In the order in which they are done. */
export const works: readonly Work[] = [
  request,
  latency,
  burst,
  burstAwait,
  perTurn,
  broadcast,
  open,
  idle,
  stalled,
  churn,
  growth,
];
