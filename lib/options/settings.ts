// The options, checked and completed once.
import { getHeapStatistics } from 'node:v8';

import type { RequestHandler } from 'express';
import { z } from 'zod';

import type { Adapter } from '../cluster/adapter/adapter.js';
import { McpSseError } from '../errors.js';
import type { EventsOptions, ServerEventBusLike } from '../session/changes.js';
import type { McpSseHooks } from '../session/events/hooks.js';
import type { ServerFactory } from '../session/serve/sdk-server.js';
import type { MessageHandler } from '../session/serve/message-handler.js';
import { attempt } from '../util/foreign-error.js';
import { isRecord } from '../util/guards.js';
import { randomText } from '../util/random-text.js';
import type {
  KeepAliveOptions,
  LimitOptions,
  McpSseOptions,
  ResumeOptions,
  SecurityOptions,
  UsageOptions,
} from './options.js';
import { principalFromAuth } from './principal.js';
import { describeIssues, foreignInstance, type KnownOptions } from './invalid-options.js';
import { isAdapter, isBus } from './shapes.js';
import { RENAMED } from './renamed-options.js';
import { count, fn, isFunction, ms, msOrOff, path } from './values.js';
import { wrongOptions } from './wrong-value.js';
import type { SunsetPlan } from '../session/sunset.js';
import { sunsetSchema, sunsetShape } from './sunset.js';

/** The options, checked and complete: no code behind this point knows a default. */
export interface Settings<Data> {
  readonly server: ServerFactory<Data> | undefined;
  readonly handler: MessageHandler<Data> | undefined;
  readonly paths: { readonly sse: string; readonly message: string };
  readonly streamableHttp: RequestHandler | undefined;
  readonly events: Readonly<Required<EventsOptions>> | undefined;
  readonly endpoint: NonNullable<McpSseOptions['endpoint']>;
  readonly endpointQuery: true | readonly string[];
  readonly keepAlive: Readonly<Required<KeepAliveOptions>> | false;
  readonly limits: Readonly<Required<LimitOptions>>;
  readonly resume:
    | (Readonly<Required<Omit<ResumeOptions<Data>, ResumeFunctions>>> &
        Pick<ResumeOptions<Data>, ResumeFunctions>)
    | false;
  readonly security: {
    readonly allowedHosts: readonly string[] | '*' | undefined;
    readonly allowedOrigins: readonly string[] | '*';
    readonly principal: NonNullable<SecurityOptions['principal']>;
  };
  readonly adopt: McpSseOptions['adopt'];
  readonly sunset: SunsetPlan | undefined;
  readonly usage: Readonly<Required<UsageOptions>> | false;
  readonly adapter: Adapter | undefined;
  readonly sessionIdGenerator: NonNullable<McpSseOptions['sessionIdGenerator']>;
  readonly hooks: McpSseHooks<Data>;
}

type ResumeFunctions = 'key' | 'save' | 'restore';

const MiB = 1024 * 1024;
/** Heap of a session with an SDK server: 40 KB measured, and a margin. */
const SESSION_BYTES = 64 * 1024;

function shareOfHeap(divisor: number): number {
  return Math.floor(getHeapStatistics().heap_size_limit / divisor);
}

const middleware = z.custom<RequestHandler>(
  isFunction,
  'must be middleware that serves Streamable HTTP: toNodeHandler(createMcpHandler(factory)) of SDK v2',
);
const bus = z.custom<ServerEventBusLike>(
  isBus,
  'must have subscribe(): createMcpHandler(factory).bus of SDK v2, or { bus, shared }',
);
/** Routes ignore case and a trailing slash. */
const plain = (text: string): string => text.toLowerCase().replace(/\/$/, '');
const host = z
  .string()
  .regex(
    /^(\*\.(?=\w))?[\w\-.[\]:]+$/,
    'must be a host name such as mcp.example.com, mcp.example.com:8443 or *.example.com',
  );
const origin = z
  .string()
  .refine(
    isOrigin,
    'must be an origin such as https://app.example.com or https://*.example.com, ' +
      "without a slash or a default port at the end, or 'null'",
  );
const listOrAll = <T extends z.ZodType>(item: T) =>
  z.union([z.array(item), z.literal('*')], "must be an array, or '*' for all");

/** An object of options, `true` for all of its defaults, or `false` for off. */
const objectOrSwitch = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .preprocess(
      (given) => (given === true ? {} : given),
      z.union([z.literal(false), z.strictObject(shape)], 'must be an object, true or false'),
    )
    .prefault({});

const groups = {
  paths: { sse: path.default('/sse'), message: path.default('/message') },
  keepAlive: {
    intervalMs: ms.default(15_000),
    ping: z
      .union([z.boolean(), z.literal('strict')], "must be true, false or 'strict'")
      .default(false),
    timeoutMs: ms.default(15_000),
  },
  limits: {
    maxBodyBytes: count.default(4 * MiB),
    maxBatch: count.default(256),
    maxBufferedBytes: count.default(16 * MiB),
    writeTimeoutMs: ms.default(30_000),
    maxTotalBytes: count.default(() => shareOfHeap(4)),
    maxSessions: count.default(() => Math.min(10_000, shareOfHeap(SESSION_BYTES))),
    maxSessionsPerPrincipal: count.default(1_000),
    maxConcurrentRequests: count.default(1_000),
    initializeTimeoutMs: msOrOff.default(60_000),
    idleTimeoutMs: msOrOff.default(false),
    hookTimeoutMs: ms.default(10_000),
  },
  resume: {
    windowMs: ms.default(60_000),
    closedWindowMs: msOrOff.default(false),
    maxEvents: count.default(4_096),
    maxBytes: count.default(4 * MiB),
    anonymous: z
      .union(
        [z.enum(['same-address', 'any']), z.literal(false)],
        "must be 'same-address', 'any' or false",
      )
      .default('same-address'),
    probeTimeoutMs: msOrOff.default(5_000),
    retryMs: ms.default(1_000),
    trackCalls: z.boolean().default(true),
    rerun: z.literal(['annotated', false], "must be 'annotated' or false").default(false),
    key: fn.optional(),
    save: fn.optional(),
    restore: fn.optional(),
  },
  security: {
    allowedHosts: listOrAll(host).optional(),
    allowedOrigins: listOrAll(origin).default([]),
    principal: fn.default(() => principalFromAuth),
  },
  usage: {
    principals: z.enum(['hashed', 'plain'], "must be 'hashed' or 'plain'").default('hashed'),
  },
  hooks: {
    onConnect: fn.optional(),
    onSessionOpen: fn.optional(),
    onInitialize: fn.optional(),
    onReceive: fn.optional(),
    onSend: fn.optional(),
    onSessionDetach: fn.optional(),
    onSessionResume: fn.optional(),
    onSessionHandOver: fn.optional(),
    onSessionRestore: fn.optional(),
    onSessionClose: fn.optional(),
    onError: fn.optional(),
  },
};

const options = {
  server: fn.optional(),
  handler: fn.optional(),
  paths: z
    .strictObject(groups.paths)
    .refine(({ sse, message }) => plain(sse) !== plain(message), 'the two paths must differ')
    .prefault({}),
  streamableHttp: middleware.optional(),
  events: z
    .preprocess(
      (given) => (isRecord(given) && 'bus' in given ? given : { bus: given }),
      z.strictObject({ bus, shared: z.boolean().default(false) }),
    )
    .optional(),
  endpoint: z
    .union(
      [z.enum(['auto', 'relative', 'path', 'absolute']), fn],
      "must be 'auto', 'relative', 'path', 'absolute' or a function",
    )
    .default('auto'),
  endpointQuery: z
    .union([z.literal(true), z.array(z.string().min(1))], 'must be true, or an array of names')
    .default([]),
  keepAlive: objectOrSwitch(groups.keepAlive),
  limits: z.strictObject(groups.limits).prefault({}),
  resume: objectOrSwitch(groups.resume),
  security: z.strictObject(groups.security).prefault({}),
  adopt: z
    .union(
      [z.literal(false), z.strictObject({ capabilities: z.looseObject({}) })],
      'must be { capabilities: { … } } or false',
    )
    .optional(),
  sunset: sunsetSchema,
  usage: objectOrSwitch(groups.usage),
  adapter: z.custom<Adapter>(isAdapter).optional(),
  sessionIdGenerator: fn.default(() => randomId),
  hooks: z.strictObject(groups.hooks).prefault({}),
};

const schema = z
  .strictObject(options)
  .refine((given) => !(given.server && given.handler), 'set server or handler, not both')
  .refine(
    ({ resume }) => !resume || (resume.save === undefined) === (resume.restore === undefined),
    'set both resume.save and resume.restore, or neither',
  )
  .refine(
    ({ resume }) => !resume || resume.rerun === false || resume.trackCalls,
    'resume.rerun needs resume.trackCalls: true',
  );

/** Every option there is, as `group.name`, with its schema. */
const everyOption: readonly (readonly [string, z.ZodType])[] = [
  ...Object.entries(options),
  ...Object.entries({ ...groups, sunset: sunsetShape }).flatMap(([group, members]) =>
    Object.entries(members).map(([name, type]) => [`${group}.${name}`, type] as const),
  ),
];

const known: KnownOptions = {
  names: everyOption.map(([name]) => name),
  renamed: RENAMED,
  switches: new Set(
    everyOption.filter(([, type]) => type.safeParse(false).success).map(([name]) => name),
  ),
};

/**
 * Checks the options and completes them with the defaults.
 *
 * @throws McpSseError `invalid-option`, naming every option that is wrong.
 */
export function parseOptions<Data>(given: McpSseOptions<Data>): Settings<Data> {
  const settings = completed(given);
  if (typeof settings === 'string') {
    throw new McpSseError('invalid-option', `mcpSse(): ${settings}`);
  }
  // zod has checked that functions are functions; the compiler checks their signatures.
  return settings as unknown as Settings<Data>;
}

/** The complete options, or a description of their mistakes. */
function completed(given: unknown): string | object {
  const wrong = wrongOptions(given) ?? wrongInstance(given);
  if (wrong !== undefined) return wrong;
  const result = attempt(() => schema.safeParse(given), undefined);
  if (!result) return 'the options cannot be read: a getter or a proxy throws';
  if (result.success) return result.data;
  return describeIssues(given, result.error.issues, known);
}

/**
 * Describes a class instance in the place of the options or of a group; undefined if there is none.
 */
function wrongInstance(given: unknown): string | undefined {
  const member = (name: string): unknown =>
    attempt(() => (given as Record<string, unknown>)[name], undefined);
  const values = Object.keys(groups).map((name) => [name, member(name)] as const);
  return [['', given] as const, ...values]
    .map(([name, value]) => foreignInstance(value, name, known))
    .find((problem) => problem !== undefined);
}

function randomId(): string {
  return randomText(18);
}

/** An origin as browsers send it; extensions and desktop shells have schemes of their own. */
function isOrigin(text: string): boolean {
  if (text === 'null') return true;
  // A star may replace the first label: a sample label in its place must make an origin.
  const sample = text.toLowerCase().replace(/:\/\/\*\.(?=\w)/, '://label.');
  if (!URL.canParse(sample) || sample.includes('*')) return false;
  const { origin, protocol, host } = new URL(sample);
  return sample === (origin === 'null' ? `${protocol}//${host}` : origin);
}
