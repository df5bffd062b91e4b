/** All works, in the order in which they are done. */
import { callWorks } from './calls.js';
import { broadcast, burst, perTurn } from './push.js';
import { relayed } from './relayed.js';
import { growth, idle, open } from './sessions.js';
import { stalled } from './stalled.js';
import type { Work } from './work.js';

const rest = [burst, perTurn, broadcast, open, idle, stalled, growth, relayed];
export const works: readonly Work[] = [...callWorks, ...rest];
