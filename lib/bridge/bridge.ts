// The factory `bridge()`: a server for each session that passes everything to an upstream.
import { McpSseError } from '../errors.js';
import type { McpServerLike, RequestFacts, Session } from '../index.js';
import { asHttp, askForCaller, mayChallenge } from './authorization.js';
import { BridgedSession } from './bridged-session.js';
import { pickHeaders, type HeaderRecord } from './forwarded-headers.js';
import { hopErrorOf } from './hop-error.js';
import { KnownEra } from './known-era.js';
import { parseOptions, type BridgeOptions, type UpstreamState } from './options.js';
import { Statistics, type UpstreamStats } from './statistics.js';

/** What a bridge reads of a session: a part of what `server` of `mcpSse()` gets. */
export interface BridgeContext extends Pick<RequestFacts, 'headers'> {
  readonly session: Session;
  /** The session comes from another node, so the headers of its client are unknown. */
  readonly restored?: boolean;
}

/** A `server` for `mcpSse()` that also reports on its upstream. */
export interface Bridge {
  (context: BridgeContext): McpServerLike | Promise<McpServerLike>;
  stats(): UpstreamStats;
  /** The upstream connection of a session; undefined when there is no such session. */
  upstreamOf(sessionId: string): UpstreamState | undefined;
  /** Ends all upstream connections and processes; resolves when none is left. */
  close(): Promise<void>;
}

/**
 * Serves clients of HTTP+SSE by another MCP server, which need not speak that transport: `mcpSse({
 * server: bridge({ upstream: 'https://tools.example/mcp' }) })`. Each session has its own upstream
 * connection or process.
 *
 * @throws McpSseError `invalid-option`.
 */
export function bridge(options: BridgeOptions): Bridge {
  const settings = parseOptions(options);
  const statistics = new Statistics(settings);
  const era = new KnownEra();
  const sessions = new Set<BridgedSession>();
  let isClosed = false;

  const open = (session: Session, picked: HeaderRecord | undefined): McpServerLike => {
    if (isClosed) throw new McpSseError('shutting-down', 'the bridge is closed');
    if (!(settings.upstream instanceof URL) && sessions.size >= settings.maxProcesses) {
      throw new McpSseError(
        'too-many-sessions',
        'bridge: too many processes run: maxProcesses is reached',
      );
    }
    const bridged = new BridgedSession(session, picked, statistics, era, () => {
      sessions.delete(bridged);
    });
    sessions.add(bridged);
    return bridged;
  };

  const serverFor = (context: BridgeContext): McpServerLike | Promise<McpServerLike> => {
    const { session, headers, restored } = context;
    if (restored) return open(session, undefined);
    const picked = pickHeaders(settings.forwardHeaders, headers);
    if (!mayChallenge(settings)) return open(session, picked);
    return askForCaller(settings, picked).then(
      () => open(session, picked),
      (thrown: unknown) => {
        const error = hopErrorOf(thrown);
        statistics.failed(error, session);
        throw asHttp(error) ?? error;
      },
    );
  };

  return Object.assign(serverFor, {
    stats: () => statistics.snapshot(),
    upstreamOf: (sessionId: string) => statistics.reports.get(sessionId)?.state,
    async close() {
      isClosed = true;
      await Promise.all([...sessions].map((session) => session.close()));
    },
  });
}
