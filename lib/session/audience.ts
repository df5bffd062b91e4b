// Checks the audience of a broadcast, and fails closed.
import { z } from 'zod';

import { McpSseError } from '../errors.js';
import { isNotification } from '../wire/json-rpc.js';
import type { Session } from './session.js';

/**
 * The audience of a broadcast: the sessions of a principal on all nodes, or those of this node that
 * a filter accepts.
 */
export type BroadcastAudience<Data = unknown> =
  | { readonly principal: string; readonly filter?: never }
  | { readonly filter: (session: Session<Data>) => boolean; readonly principal?: never };

/** A checked audience; empty means every session. */
export interface Audience<Data> {
  readonly principal?: string;
  readonly filter?: (session: Session<Data>) => boolean;
}

const schema = z.union([
  z.strictObject({ principal: z.string().min(1) }),
  z.strictObject({
    filter: z.custom<(session: never) => boolean>((value) => typeof value === 'function'),
  }),
]);

/**
 * Checks the audience of `broadcast`. It fails closed: a misspelt key or an undefined principal
 * must not reach everybody.
 *
 * @param given the arguments behind the notification
 * @throws McpSseError `invalid-option`
 */
export function checkBroadcast<Data>(
  notification: unknown,
  given: readonly unknown[],
): Audience<Data> {
  if (!isNotification(notification)) {
    throw new McpSseError('invalid-option', 'broadcast: the message must be a notification');
  }
  if (given.length === 0) return {};
  const result = schema.safeParse(given[0]);
  // zod has checked that the filter is a function; the compiler checks its signature.
  if (result.success) return result.data as Audience<Data>;
  throw new McpSseError(
    'invalid-option',
    'broadcast: the audience must be { principal: string } or { filter: (session) => boolean }; leave it out for every session',
  );
}
