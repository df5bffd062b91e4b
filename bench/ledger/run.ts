// `npx tsx bench/ledger/run.ts`: what it costs that another node knows which calls run
// (`resume.trackCalls`), beside a write to Redis for each call. Ratios of one run.
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

import { ForkedProgram } from '../../spec/support/program/forked-program.js';
import { endChildrenAtExit } from '../../spec/support/program/children.js';
import { RedisServer } from '../../spec/support/redis-server.js';
import { StreamReader } from './stream-reader.js';
import { WAYS, type NodeProtocol, type Way } from './node.js';

const SESSIONS = 16;
const [perSecond = 500, windowMs = 5_000, rounds = 5] = process.argv.slice(2).map(Number);
const PROGRAM = new URL('node.ts', import.meta.url);
/** How long a call runs, in ms: in the turn in which it came, or for a while. */
const DURATIONS = [0, 2, 20] as const;

interface Pair {
  readonly owner: ForkedProgram<NodeProtocol>;
  readonly other: ForkedProgram<NodeProtocol>;
  readonly sessions: readonly StreamReader[];
}

interface Cost {
  readonly owner: number;
  readonly other: number;
  readonly redis: number;
  /** Until 202, in ms. */
  readonly p50: number;
}

endChildrenAtExit();
const redis = await RedisServer.begin();
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const pairs = new Map<Way, Pair>();
for (const way of WAYS) pairs.set(way, await startPair(way));
for (const duration of DURATIONS) {
  const costs = new Map<Way, Cost[]>(WAYS.map((way) => [way, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [way, pair] of pairs) {
      const cost = await measure(pair, duration);
      // The first one warms up.
      if (round > 0) costs.get(way)?.push(cost);
    }
  }
  const base = total(costs.get('off') ?? []);
  console.log(`\ncalls of ${String(duration)} ms, ${String(perSecond)} a second:`);
  console.log(
    '| | owner | other node | Redis | together | ratio | 202, p50 |\n| - | - | - | - | - | - | - |',
  );
  for (const [way, list] of costs) {
    const cells = (['owner', 'other', 'redis'] as const).map(
      (of) => `${median(list.map((cost) => cost[of])).toFixed(0)} µs`,
    );
    const p50 = `${median(list.map((cost) => cost.p50)).toFixed(2)} ms`;
    console.log(
      `| ${way} | ${cells.join(' | ')} | ${total(list).toFixed(0)} µs | ${(total(list) / base).toFixed(2)} | ${p50} |`,
    );
  }
}
for (const { owner, other } of pairs.values()) await Promise.all([owner.kill(), other.kill()]);
await redis.stop();
process.exit(0);

async function startPair(way: Way): Promise<Pair> {
  const args = [way, redis.url];
  const [owner, other] = await Promise.all(
    [0, 1].map(() => ForkedProgram.start<NodeProtocol>(PROGRAM, args)),
  );
  if (!owner || !other) throw new Error('a node did not start');
  await pause(1_000);
  const sessions = await Promise.all(
    Array.from({ length: SESSIONS }, () => StreamReader.open(owner.ready)),
  );
  return { owner: owner.program, other: other.program, sessions };
}

/** CPU of a call, in µs. */
async function measure({ owner, other, sessions }: Pair, duration: number): Promise<Cost> {
  const cpu = async (): Promise<number[]> => {
    const nodes = [await owner.ask('cpu'), await other.ask('cpu')];
    const info = await redis.command('INFO', 'cpu');
    const used = [...info.matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)];
    return [...nodes, used.reduce((sum, [, seconds]) => sum + Number(seconds) * 1e6, 0)];
  };
  const before = await cpu();
  const waits: number[] = [];
  const answers: Promise<void>[] = [];
  const began = performance.now();
  for (let made = 0; performance.now() - began < windowMs;) {
    const due = Math.floor(((performance.now() - began) * perSecond) / 1_000);
    for (; made < due; made += 1) {
      const session = sessions[made % sessions.length];
      if (session) answers.push(call(session, duration, waits));
    }
    await pause(1);
  }
  await Promise.all(answers);
  const after = await cpu();
  const [ownerCpu = 0, otherCpu = 0, redisCpu = 0] = after.map(
    (value, index) => (value - (before[index] ?? 0)) / answers.length,
  );
  return { owner: ownerCpu, other: otherCpu, redis: redisCpu, p50: median(waits) };
}

async function call(session: StreamReader, duration: number, waits: number[]): Promise<void> {
  const { id, answered } = session.nextCall();
  const params = { name: 'work', arguments: { duration } };
  const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params });
  const began = performance.now();
  await new Promise<void>((resolve, reject) => {
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    };
    const req = request(session.endpoint, { method: 'POST', agent, headers }, (res) => {
      waits.push(performance.now() - began);
      if (res.statusCode !== 202) reject(new Error(`a POST got ${String(res.statusCode)}`));
      res.resume().on('end', resolve);
    });
    req.on('error', reject).end(body);
  });
  await answered;
}

function total(list: readonly Cost[]): number {
  return median(list.map(({ owner, other, redis: ofRedis }) => owner + other + ofRedis));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
