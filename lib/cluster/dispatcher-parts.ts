// The parts of a dispatcher.
import type { Save } from '../session/handover/export-session.js';
import type { SessionRestorer } from '../session/handover/session-restorer.js';
import type { SessionRegistry } from '../session/registry.js';
import type { ByteAccount } from './link/link-budget.js';
import type { Adapter } from './adapter/adapter.js';
import type { WriterOptions } from '../stream/connection-writer.js';
import type { McpSseError } from '../errors.js';
import type { LocalHost } from '../session/local-host.js';
import type { Probes } from '../session/resume/probes.js';

/** Whether and how this node notes its calls on another one. */
export interface CallSettings {
  /** Whether this node tells another one which calls run here. */
  readonly tracksCalls: boolean;
  /** Whether it also sends the requests of tools that may run again. */
  readonly reruns: boolean;
}

/** The parts of a dispatcher. */
export interface DispatcherParts<Data> extends CallSettings {
  /** The name of this node. */
  readonly node: string;
  readonly localHost: LocalHost<Data>;
  readonly sessions: SessionRegistry<Data>;
  readonly restorer: SessionRestorer<Data>;
  readonly save: Save<Data> | undefined;
  /** Runs code of the application within the hooks' deadline. */
  readonly bounded: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  readonly probes: Probes;
  /** Undefined if this is the only node. */
  readonly adapter: Adapter | undefined;
  readonly limits: WriterOptions;
  /** Counts the bytes that wait for other nodes. */
  readonly account: ByteAccount;
  /** Called with failures that no caller sees. Must not throw. */
  readonly failed: (error: McpSseError) => void;
}
