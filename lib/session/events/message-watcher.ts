// The callback of `watchMessages`.
import type { JsonRpcMessage } from '../../wire/json-rpc.js';
import type { Session } from '../session.js';

/** Called with each message; `in` is from the client, `out` to it. */
export type MessageWatcher<Data = unknown> = (
  message: JsonRpcMessage,
  session: Session<Data>,
  direction: 'in' | 'out',
) => unknown;
