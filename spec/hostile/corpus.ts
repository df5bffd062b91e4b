import { addresses } from './addresses.js';
import { bodies } from './bodies.js';
import type { HostileCase } from './case.js';
import { framings } from './framings.js';
import { gets } from './gets.js';
import { heads } from './heads.js';
import { messages } from './messages.js';
import { targets } from './targets.js';

/** Malformed POSTs, by what is wrong with them. */
export const posts: Readonly<Record<string, readonly HostileCase[]>> = {
  bodies,
  messages,
  heads,
  addresses,
  targets,
  framings,
};

/** All of it: the odd GETs too. */
export const corpus: Readonly<Record<string, readonly HostileCase[]>> = { ...posts, gets };
