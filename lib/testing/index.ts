/**
 * `express-mcp-sse/testing`: opens a stream in tests.
 *
 * @module
 */
export { openSession } from './open-session.js';
export type { ReceivedEvent } from '../wire/sse-parser.js';
export type { Match, ReceivedMessage } from './message.js';
export type { InitializeParams, OpenSessionOptions } from './options.js';
export { RefusedError, type HttpAnswer } from './refused-error.js';
export type { TestSession, WaitOptions } from './session.js';
export type { StreamEnd } from './stream.js';
export type { Target } from './target.js';
