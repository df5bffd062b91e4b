import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

import { JsonRpcError, type RequestId } from '../index.js';
import { within } from './clock.js';
import type { Connections } from './connections.js';
import type { ReceivedEvent } from './event-stream-parser.js';
import type { Inbox } from './inbox.js';
import { answerTo as answerOf, wanted, type Match, type ReceivedMessage } from './message.js';
import type { Settings } from './options.js';
import { answerTo, merged, whole } from './outgoing.js';
import { RefusedError, type HttpAnswer } from './refused-error.js';
import { inVain } from './report.js';
import type { Stream, StreamEnd } from './stream.js';
import type { Host } from './target.js';

/** How long one wait may take, where it is not as long as `openSession` was told. */
export interface WaitOptions {
  /** Milliseconds. */
  timeoutMs?: number;
}
