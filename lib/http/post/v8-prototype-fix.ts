// Undoes what a change of prototype costs V8.
import { IncomingMessage, ServerResponse } from 'node:http';

import type { Exchange } from '../exchange.js';

/** Whether this V8 forgets the shapes that come after a change of prototype. */
const FORGETS = Number.parseInt(process.versions.node) < 24;
const MARK = Symbol('express-mcp-sse.shape');

/**
 * Makes `req` and `res` cheap to use again after Express has set their prototypes.
 *
 * [node] Before 24, an object whose prototype was changed gets a hidden class of its own with each
 * property that is added from then on, so that every access to it misses V8's caches, in `node:http`
 * too. Deleting a property turns it into a dictionary, and the class of those is shared: a quarter
 * less CPU for a POST. It takes 2 KB more, so that a stream, which stays, is left as it is.
 */
export function fixPrototypes({ req, res }: Exchange, forgets: boolean = FORGETS): void {
  if (!forgets) return;
  if (Object.getPrototypeOf(req) !== IncomingMessage.prototype) settle(req);
  if (Object.getPrototypeOf(res) !== ServerResponse.prototype) settle(res);
}

function settle(message: object): void {
  Reflect.set(message, MARK, true);
  Reflect.deleteProperty(message, MARK);
}
