// Who uses the server: one row for each kind of client and its user.
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { cutOff } from '../../util/cut-off.js';
import { isRecord } from '../../util/guards.js';
import { isRequest, type JsonRpcMessage } from '../../wire/json-rpc.js';
import type { Session } from '../session.js';
import { diagnostics } from './diagnostics.js';
import {
  keyOf,
  MAX_ROWS,
  type UsageCaller,
  type CountedRow,
  type UsageReport,
} from './usage-rows.js';

/** The most characters of a client's names, and of the hash of its principal. */
const MAX_NAME_CHARS = 80;
const MAX_VERSION_CHARS = 40;
const MAX_USER_AGENT_CHARS = 160;
const HASH_CHARS = 16;

/** A session's row, and its counts that are not in the row yet. */
export interface UsageTally {
  /** The `User-Agent` of the GET that opened it. */
  userAgent: string | undefined;
  /** Its row; undefined until its client is known. */
  row: CountedRow | undefined;
  /** Requests that are not in the row yet. */
  requests: number;
}

/** The members of a session that the counts use. */
interface Subject {
  readonly handle: Session;
  readonly usage: UsageTally;
}

/** A request for Streamable HTTP: its client has no session here. */
export interface PassingRequest {
  readonly principal: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** The parsed body, if a body parser in front has read it. */
  readonly body?: unknown;
}

export type UsageSettings = { readonly principals: 'hashed' | 'plain' } | false;

/** Counts sessions, requests and refusals by caller, in at most 1,000 rows. */
export class Usage {
  readonly #settings: UsageSettings;
  readonly #rows = new Map<string, CountedRow>();
  /** The same rows: a session may hold a row that is dropped. */
  readonly #listed = new WeakSet<CountedRow>();
  readonly #since = Date.now();
  #forgotten = 0;

  constructor(settings: UsageSettings) {
    this.#settings = settings;
  }

  /** A message of the client has arrived. */
  received(session: Subject, message: JsonRpcMessage): void {
    if (this.#settings === false) return;
    const { handle, usage } = session;
    if (isRequest(message)) usage.requests += 1;
    // A client that comes back after a restart does not initialize again.
    const isKnown = handle.protocolVersion !== undefined || (isRequest(message) && !opens(message));
    if (usage.row || isKnown) this.#count(session);
  }

  /** A message goes to the client, perhaps the answer to `initialize`. */
  sent(session: Subject): void {
    if (this.#settings === false || session.usage.row) return;
    if (session.handle.protocolVersion !== undefined) this.#count(session);
  }

  /** A session has ended. Counts it even if its client never initialized. */
  closed(session: Subject): void {
    if (this.#settings !== false) this.#count(session);
  }

  /** `sunset` has refused a client. Returns its row. */
  refused(caller: UsageCaller): CountedRow | undefined {
    if (this.#settings === false) return undefined;
    const row = this.#rowOf(caller);
    row.refused += 1;
    diagnostics.used(row, 'refused', undefined);
    return row;
  }

  /** The handler of Streamable HTTP gets a request. */
  passed({ principal, headers, body }: PassingRequest): void {
    if (this.#settings === false) return;
    const { 'user-agent': userAgent, 'mcp-protocol-version': version } = headers;
    const message = isRecord(body) ? body : {};
    const { clientInfo, protocolVersion } = introductionOf(message);
    const row = this.#rowOf({
      ...namesOf(clientInfo),
      protocolVersion: typeof version === 'string' ? version : textOf(protocolVersion),
      principal,
      userAgent,
      transport: 'streamable',
    });
    const isNew = row.requests === 0;
    row.requests += 1;
    if (message.method === 'initialize') row.sessions += 1;
    if (isNew || message.method === 'initialize') diagnostics.used(row, 'session', undefined);
  }

  /** The counts of this node. A connected session counts as seen now, even if it is silent. */
  report(sessions: Iterable<Subject & { readonly state: Session['state'] }>): UsageReport {
    const now = Date.now();
    for (const { state, usage } of sessions) {
      if (usage.row && state === 'open') usage.row.lastSeen = now;
    }
    return {
      rows: [...this.#rows.values()].map((row) => ({ ...row })),
      forgotten: this.#forgotten,
      since: this.#since,
    };
  }

  #count({ handle, usage }: Subject): void {
    const isNew = usage.row === undefined;
    if (usage.row === undefined || !this.#listed.has(usage.row)) {
      const { clientInfo, protocolVersion, principal } = handle;
      const { userAgent } = usage;
      const names = namesOf(clientInfo);
      usage.row = this.#rowOf({
        ...names,
        protocolVersion,
        principal,
        userAgent,
        transport: 'sse',
      });
    }
    const { row } = usage;
    row.lastSeen = Date.now();
    row.requests += usage.requests;
    usage.requests = 0;
    if (!isNew) return;
    row.sessions += 1;
    diagnostics.used(row, 'session', handle);
  }

  /** Finds or makes the row of a caller, and marks it as seen now. */
  #rowOf(given: UsageCaller): CountedRow {
    const caller: UsageCaller = {
      client: excerptOf(given.client, MAX_NAME_CHARS),
      version: excerptOf(given.version, MAX_VERSION_CHARS),
      protocolVersion: excerptOf(given.protocolVersion, MAX_VERSION_CHARS),
      principal: this.#shown(given.principal),
      userAgent: excerptOf(given.userAgent, MAX_USER_AGENT_CHARS),
      transport: given.transport,
    };
    const key = keyOf(caller);
    const now = Date.now();
    let row = this.#rows.get(key);
    if (!row) {
      if (this.#rows.size >= MAX_ROWS) this.#forgetOne();
      row = { ...caller, sessions: 0, requests: 0, refused: 0, firstSeen: now, lastSeen: now };
      this.#rows.set(key, row);
      this.#listed.add(row);
    }
    row.lastSeen = now;
    return row;
  }

  #shown(principal: string | undefined): string | undefined {
    if (principal === undefined || this.#settings === false) return undefined;
    if (this.#settings.principals === 'plain') return excerptOf(principal, MAX_USER_AGENT_CHARS);
    return createHash('sha256').update(principal).digest('base64url').slice(0, HASH_CHARS);
  }

  /** Drops the least recently seen row. Called only if there is no room. */
  #forgetOne(): void {
    let oldest: [string, CountedRow] | undefined;
    for (const entry of this.#rows) {
      if (!oldest || entry[1].lastSeen < oldest[1].lastSeen) oldest = entry;
    }
    if (!oldest) return;
    const [key, row] = oldest;
    this.#rows.delete(key);
    this.#listed.delete(row);
    this.#forgotten += 1;
  }
}

const opens = ({ method }: { method: string }): boolean =>
  method === 'initialize' || method === 'ping';

/** [spec] 2025: `initialize` names the client; 2026-07-28: each request does, in its `_meta`. */
function introductionOf({ params }: Record<string, unknown>): Record<string, unknown> {
  if (!isRecord(params)) return {};
  const { _meta: meta } = params;
  if (!isRecord(meta) || !('io.modelcontextprotocol/clientInfo' in meta)) return params;
  return {
    clientInfo: meta['io.modelcontextprotocol/clientInfo'],
    protocolVersion: meta['io.modelcontextprotocol/protocolVersion'],
  };
}

/** Name and version of a client; undefined if it has not given them. */
export function namesOf(clientInfo: unknown): Pick<UsageCaller, 'client' | 'version'> {
  const { name, version } = isRecord(clientInfo) ? clientInfo : {};
  return { client: textOf(name), version: textOf(version) };
}

/** The `User-Agent` of a request, cut to the length that rows have. */
export function userAgentOf(headers: IncomingHttpHeaders): string | undefined {
  return excerptOf(headers['user-agent'], MAX_USER_AGENT_CHARS);
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

function excerptOf(text: string | undefined, chars: number): string | undefined {
  return text === undefined ? undefined : cutOff(text, chars);
}
