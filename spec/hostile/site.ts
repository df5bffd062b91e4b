import type { McpSseOptions } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { untilConnections } from '../support/open-sockets.js';
import { serve, type Served } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';
import { BODY_LIMIT, CANARY, type HostileCase } from './case.js';
import { exchange } from './exchange.js';
import { faultOf } from './judge.js';

const OPTIONS: McpSseOptions = {
  // The session beside says nothing but ping, and a long fuzz takes more than a minute.
  limits: { maxBodyBytes: BODY_LIMIT, initializeTimeoutMs: false },
  // What a client leaves that could come back is gone soon as well.
  resume: { windowMs: 20, probeTimeoutMs: 20 },
};

/** A server with one session, which must not notice anything of what is done beside it. */
export class Site {
  private constructor(
    readonly served: Served<unknown>,
    readonly beside: StreamClient,
  ) {}

  static async open(): Promise<Site> {
    const served = await serve(OPTIONS);
    return new Site(served, await StreamClient.open(`${served.url}/sse`));
  }

  /** Tries one case after the other. @returns what was wrong, with the name of its case */
  async faults(cases: readonly HostileCase[]): Promise<string[]> {
    const faults: string[] = [];
    for (const each of cases) {
      const fault = await this.#fault(each).catch(String);
      if (fault !== undefined) faults.push(`${each.name} ${fault}`);
    }
    faults.push(...(await this.leftovers()));
    return faults;
  }

  /** What is left of those who have gone, and what was noticed of them. */
  async leftovers(): Promise<string[]> {
    const { mcp, server } = this.served;
    const left: string[] = [];
    const note = (error: unknown): void => void left.push(String(error));
    await eventually(() => mcp.sessions.size === 1, 'the end of their sessions').catch(note);
    await untilConnections(server, 1).catch(note);
    const {
      inFlight,
      totals: { errors },
    } = mcp.stats();
    if (Object.keys(errors).length > 0) left.push(`errors: ${JSON.stringify(errors)}`);
    if (inFlight > 0) left.push(`${inFlight} requests that were not answered`);
    if ('polluted' in {}) left.push('all objects are polluted');
    return left;
  }

  async #fault(hostile: HostileCase): Promise<string | undefined> {
    const { beside, served } = this;
    const received = await exchange(served.port, beside.sessionId, hostile);
    const { result } = await beside.request('ping');
    if (JSON.stringify(result) !== '{}') return 'disturbs the session beside';
    if (beside.text.includes(CANARY)) return 'is given back on the stream';
    return faultOf(hostile, received);
  }
}
