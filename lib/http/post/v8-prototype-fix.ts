// Undoes the cost of a changed prototype in V8.
import { IncomingMessage, ServerResponse } from 'node:http';

import type { Exchange } from '../exchange.js';

/** Whether this V8 stops sharing hidden classes after a change of prototype. */
const FORGETS = Number.parseInt(process.versions.node) < 24;
const MARK = Symbol('express-mcp-sse.shape');

/**
 * Makes `req` and `res` cheap to use again after Express has set their prototypes.
 *
 * [node] Before 24, an object whose prototype was changed gets a new hidden class of its own with
 * each added property, so every access misses V8's caches, in `node:http` too. Deleting a property
 * turns the object into a dictionary, and dictionaries share a class: a quarter less CPU for a POST.
 * That takes 2 KB more, so a stream, which stays open, is left as it is.
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
