/** All works, in the order in which they are done. */
import { bridged } from './bridged.js';
import { callWorks } from './calls.js';
import { relayed, sameNode, trackedWorks } from './nodes.js';
import { broadcast, burst, perTurn } from './push.js';
import { growth, idle, open } from './sessions.js';
import { stalled } from './stalled.js';
import type { Work } from './work.js';

const rest = [burst, perTurn, broadcast, open, idle, stalled, growth, relayed, bridged];
export const works: readonly Work[] = [...callWorks, ...rest, sameNode, ...trackedWorks];
