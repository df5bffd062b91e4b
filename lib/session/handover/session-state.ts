// The state of a session that moves to another node, with its schema.
import { z } from 'zod';

import { MAX_ANSWERS } from '../inbound/last-answers.js';
import type { HandshakeState } from '../inbound/handshake.js';
import type { SenderState } from '../outbound/sender.js';
import type { RequestId } from '../../wire/json-rpc.js';
import { otherVersion } from '../other-version.js';

/** Grows with each change of the format. Nodes with another number take no sessions. */
export const STATE_VERSION = 2;

/** A session as plain data, without headers, `authInfo` and the state of its MCP server. */
export interface SessionState {
  readonly id: string;
  /** The number of its hand-overs, this one included. */
  readonly epoch: number;
  readonly principal?: string | undefined;
  /** The address that opened it. */
  readonly address?: string | undefined;
  /** `session.data`, or the return value of `resume.save`. */
  readonly data?: unknown;
  readonly saved: boolean;
  /** Dates, in ms. */
  readonly openedAt: number;
  readonly lastActiveAt: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  /** By node: the number of the last broadcast that reached the session. */
  readonly broadcastsSeen?: Readonly<Record<string, number>> | undefined;
  /** Calls whose answers the client may not have read, with their offsets; see `CallTrail`. */
  readonly answers?: readonly (readonly [RequestId, number])[] | undefined;
  readonly handshake: HandshakeState;
  readonly sender: SenderState;
}

const count = z.int().min(0);
const requestId = z.union([z.string(), z.int()]);
const record = z.record(z.string(), z.unknown());
const text = z.string().max(256);

const handshake = z.object({
  clientInfo: z.object({ name: text, version: text, title: text.optional() }).optional(),
  clientCapabilities: record.optional(),
  serverCapabilities: record.optional(),
  requestedVersion: text.optional(),
  protocolVersion: text.optional(),
  initializeId: requestId.optional(),
  answered: z.boolean(),
  level: z.string().optional(),
  subscriptions: z.array(z.string()),
});

const sender = z.object({
  strategy: z.object({
    token: z
      .string()
      .regex(/^[\w-]{22}$/)
      .optional(),
    key: z.string().optional(),
    positions: z.boolean(),
    undecided: z.boolean(),
    signingKey: z.base64().optional(),
    messageUrl: z.string(),
  }),
  first: z.int().min(1),
  position: count,
  frames: z.array(z.string()),
  acknowledged: count,
  handshakeOffset: count,
  acks: z.array(z.tuple([requestId, count])),
});

const schema = z
  .object({
    id: z.string().regex(/^[\x21-\x7e]{1,160}$/),
    epoch: z.int().min(1),
    principal: z.string().optional(),
    address: z.string().optional(),
    data: z.unknown().optional(),
    saved: z.boolean(),
    openedAt: z.number(),
    lastActiveAt: z.number(),
    messagesIn: count,
    messagesOut: count,
    broadcastsSeen: z.record(z.string(), z.number()).optional(),
    answers: z
      .array(z.tuple([z.union([z.string(), z.number()]), count]))
      .max(MAX_ANSWERS)
      .optional(),
    handshake,
    sender,
  })
  .refine(({ sender: { first, position, frames } }) => {
    return position + 1 >= first && position < first + frames.length;
  }, 'the position lies outside of the log');

/** @throws McpSseError `invalid-message` for anything but a state of this version */
export function parseSessionState(value: unknown): SessionState {
  const result = schema.safeParse(value);
  // The schema's own type does not know that JSON omits undefined members.
  if (result.success) return result.data as SessionState;
  throw otherVersion('a session in an unknown format');
}
