// The calls between nodes, with schemas.
import { z } from 'zod';

import { isNodeName } from '../node-name.js';
import type { Change } from '../../session/changes.js';
import type { InboundPost, Claimant } from '../../session/host.js';
import type { ProbeAnswer } from '../../session/resume/probes.js';
import { isRecord } from '../../util/guards.js';
import {
  isCallNotes,
  isCopiedNotes,
  NOTES_VERSION,
  type CallNotes,
  type CopiedNotes,
} from '../ledger/call-notes.js';
import {
  isNotification,
  toMessages,
  type JsonRpcMessage,
  type JsonRpcNotification,
} from '../../wire/json-rpc.js';
import { otherVersion } from '../../session/other-version.js';

/** The requests of one node to another, by name, with their parameters. */
export interface Operations {
  /** A client has posted to a session of the other node. */
  post: InboundPost & { readonly resource?: string | undefined };
  /** Asks for the session of a returning client. */
  find: Claimant;
  /** Continues the client's session on the requesting node's stream, by this channel. */
  attach: Claimant & { readonly messageUrl: string; readonly channel: string };
  /** A client has answered a probe of the other node. */
  probe: ProbeAnswer & { readonly id: string };
  /** The application sends to a session, or to those of a principal, or to all. */
  send: { readonly sessionId: string; readonly message: JsonRpcMessage };
  broadcast: {
    readonly message: JsonRpcNotification;
    readonly principal?: string | undefined;
    /** Counts the broadcasts of the requesting node. */
    readonly n?: number | undefined;
  };
  /** The application has published a change. */
  announce: Change;
  /** Asks for the counts of the other node. */
  usage: Readonly<Record<string, never>>;
  /** The requesting node shuts down. Asks whether the other one would take its sessions. */
  offer: { readonly version: number };
  /** Makes a session ready on the other node. `commit` begins it. */
  adopt: {
    readonly version: number;
    /** A `SessionState`. */
    readonly state: unknown;
    /** The stream that is relayed to the other node. All of its messages were sent. */
    readonly channel?: string | undefined;
  };
  /** Begins the session, with the messages that were sent while it was on its way. */
  commit: {
    readonly id: string;
    readonly epoch: number;
    readonly messages: readonly JsonRpcMessage[];
  };
  abort: { readonly id: string; readonly epoch: number };
  /** The sessions and streams of these names are on the node `to` now. */
  moved: { readonly names: readonly string[]; readonly to: string };
  /** Asks for the sessions and streams that have moved to the other node. */
  table: Record<string, never>;
  /** All calls of the requesting node. The other one keeps them, and the news of `noteCalls`. */
  keepCalls: CallNotes & { readonly version: number };
  noteCalls: CallNotes;
  /** The calls that the requesting node keeps for a third one, which may be gone. */
  copyCalls: CopiedNotes & { readonly version: number };
  /** Asks for the nodes whose calls the other node keeps. */
  keptNodes: Record<string, never>;
  /** Asks for kept calls of a lost session, whose client gets another one. */
  lostCalls: Claimant;
  /** The client has got answers to these calls. */
  forgetCalls: Claimant;
}

/** The answer of a node that would take sessions. */
export interface Offer {
  /** The number of its sessions. */
  readonly sessions: number;
}

export type Operation = keyof Operations;

const principal = z.string().optional();
const position = z.string().max(64).optional();
/** Comes back in the head of each chunk. */
const channel = z.string().regex(/^[\w-]{1,32}$/);
const claim = z.union([
  z.object({ by: z.literal('event-id'), token: z.string(), offset: z.int().min(0) }),
  z.object({
    by: z.literal('probe'),
    sessionId: z.string(),
    position,
    address: z.string().optional(),
  }),
  z.object({ by: z.literal('key'), key: z.string() }),
]);
const headers = z.record(z.string(), z.union([z.string(), z.array(z.string())]).optional());
/** Not checked further: the application has made it. */
const message = z.looseObject({});

/**
 * Checks parameters like all input from outside: a node of another version, or another publisher,
 * must do no harm.
 */
const schemas: Record<Operation, z.ZodType> = {
  post: z
    .object({
      sessionId: z.string(),
      principal,
      position,
      bytes: z.number().min(0),
      messages: z.unknown().transform((value) => toMessages(value)),
      facts: z.object({ headers, url: z.string(), authInfo: z.unknown().optional() }),
      resource: z.url().optional(),
    })
    .transform(withResource),
  find: z.object({ claim, principal }),
  attach: z.object({ claim, principal, messageUrl: z.string(), channel }),
  probe: z.object({ id: z.string(), sessionId: z.string(), position }),
  send: z.object({ sessionId: z.string(), message }),
  announce: z.object({
    message: z.custom<JsonRpcNotification>(isNotification),
    uri: z.string().optional(),
  }),
  usage: z.object({}),
  broadcast: z.object({ message, principal, n: z.int().optional() }),
  offer: z.object({ version: z.int() }),
  adopt: z.object({ version: z.int(), state: z.unknown(), channel: channel.optional() }),
  commit: z.object({ id: z.string(), epoch: z.int(), messages: z.array(message) }),
  abort: z.object({ id: z.string(), epoch: z.int() }),
  moved: z.object({
    names: z.array(z.string().max(256)).max(1_000),
    to: z.string().refine(isNodeName),
  }),
  table: z.object({}),
  keepCalls: z.custom<CallNotes>(
    (value) => isRecord(value) && value.version === NOTES_VERSION && isCallNotes(value),
  ),
  noteCalls: z.custom<CallNotes>(isCallNotes),
  copyCalls: z.custom<CopiedNotes>(
    (value) => isRecord(value) && value.version === NOTES_VERSION && isCopiedNotes(value),
  ),
  keptNodes: z.object({}),
  lostCalls: z.object({ claim, principal }),
  forgetCalls: z.object({ claim, principal }),
};

/** The one URL in the `AuthInfo` of the SDKs, which travels as text beside the rest of it. */
export function resourceOf({ authInfo }: InboundPost['facts']): string | undefined {
  const resource = isRecord(authInfo) ? authInfo.resource : undefined;
  return resource instanceof URL ? resource.href : undefined;
}

function withResource<
  Post extends { resource?: string | undefined; facts: { authInfo?: unknown } },
>({ resource, ...post }: Post): Omit<Post, 'resource'> {
  const { authInfo } = post.facts;
  if (resource === undefined || !isRecord(authInfo)) return post;
  const revived = { ...authInfo, resource: new URL(resource) };
  return { ...post, facts: { ...post.facts, authInfo: revived } };
}

/** @throws McpSseError `invalid-message` */
export function checked<Name extends Operation>(name: Name, value: unknown): Operations[Name] {
  const result = schemas[name].safeParse(value);
  if (!result.success) throw otherVersion(`a call in an unknown format (${name})`);
  return result.data as Operations[Name];
}
