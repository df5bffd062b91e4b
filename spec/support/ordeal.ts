import { expect } from 'vitest';

import type { JsonRpcMessage, MessageHandler } from '../../lib/index.js';
import { cutPlan } from './cut-plan.js';
import { eventually } from './eventually.js';
import { Relay } from './relay.js';
import { serve } from './serve.js';

/** `npm test` stays quick; RESUME_CUTS=100 and more is what the promise rests on. */
const CUTS = Number(process.env.RESUME_CUTS ?? 30);
const SEED = Number(process.env.RESUME_SEED ?? 1);
/** Calls that are pending all the time. */
const PENDING = 8;
/** The client may be so many notifications behind, before more are sent. */
const BACKLOG = 400;

/** A real client that is through with its handshake. */
export interface OrdealClient {
  /** The numbers of the notifications that it was given, in order. */
  readonly seen: readonly number[];
  /** Calls a tool and resolves with the text of its answer. */
  call(tool: string): Promise<string>;
  close(): unknown;
}

export interface OrdealReport {
  readonly cuts: number;
  readonly sent: number;
  readonly seen: readonly number[];
  /** What was called, and what was answered: the same texts. */
  readonly called: readonly string[];
  readonly answered: readonly string[];
  /** `open`, `detach`, `resume`, `close` in the order of the hooks. */
  readonly life: readonly string[];
}

/**
 * Cuts the streams of one client again and again, while notifications are sent to it and calls of
 * it are answered, and reports what has come of them.
 */
export async function ordeal(
  name: string,
  connect: (url: string) => Promise<OrdealClient>,
): Promise<OrdealReport> {
  const life: string[] = [];
  const tools = new Tools();
  const { port, mcp } = await serve({
    handler: tools.handler,
    resume: { retryMs: 10 },
    hooks: {
      onSessionOpen: () => life.push('open'),
      onSessionDetach: () => life.push('detach'),
      onSessionResume: () => life.push('resume'),
      onSessionClose: () => life.push('close'),
    },
  });
  const relay = await Relay.to(port, { cutAfter: cutPlan(SEED) });
  const client = await connect(`${relay.url}/sse`);
  const [session] = mcp.sessions;
  const called = Array.from({ length: PENDING }, (_, n) => `wait-${n}`);
  const answers = called.map((tool) => client.call(tool));
  await eventually(() => session?.inFlight === PENDING, 'the pending calls');
  let sent = 0;
  while (relay.cuts < CUTS) {
    await session!.notify('notifications/message', { data: (sent += 1), ...extras(sent) });
    if (sent % 25 === 0) answers.push(client.call(called[called.push(`at-once-${sent}`) - 1]!));
    if (sent % 10 === 0) await pause(1);
    while (sent - (client.seen.at(-1) ?? 0) > BACKLOG && relay.cuts < CUTS) await pause(2);
  }
  relay.spare();
  tools.release();
  const answered = await Promise.all(answers);
  await eventually(() => client.seen.at(-1) === sent, 'the last notification', 30_000);
  await client.close();
  await eventually(() => life.at(-1) === 'detach', 'the end of the stream');
  await mcp.closeSessions();
  const { cuts } = relay;
  if (process.env.RESUME_CUTS) console.log(summary(name, cuts, sent, client.seen.length, called));
  return { cuts, sent, seen: client.seen, called, answered, life };
}

/** Now and then a large message, with characters that a cut may split. */
const extras = (n: number): Record<string, unknown> => ({
  level: 'info',
  ...(n % 40 === 0 && { logger: '€😀'.repeat(200) }),
});

function summary(name: string, cuts: number, sent: number, seen: number, called: string[]): string {
  return `${name}: ${cuts} cuts, ${sent} sent, ${seen - sent} repeated, ${called.length} answered`;
}

/** Tools that answer with their own name: at once, or when they are released. */
class Tools {
  release: () => void = () => {};
  readonly #released = new Promise<void>((resolve) => (this.release = resolve));

  readonly handler: MessageHandler = async (message: JsonRpcMessage) => {
    if (!('method' in message) || !('id' in message)) return;
    if (message.method === 'initialize') {
      const { protocolVersion } = message.params ?? {};
      const serverInfo = { name: 'tools', version: '1' };
      return { protocolVersion, capabilities: { tools: {}, logging: {} }, serverInfo };
    }
    if (message.method !== 'tools/call') return {};
    const text = String(message.params?.name);
    if (text.startsWith('wait')) await this.#released;
    return { content: [{ type: 'text', text }] };
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asserts that all calls were answered, and that one session lived through all of it. */
export function expectSurvival({ called, answered, life }: OrdealReport): void {
  const count = (event: string): number => life.filter((each) => each === event).length;
  expect(answered).toEqual(called);
  expect([life[0], life.at(-1), count('open'), count('close')]).toEqual(['open', 'close', 1, 1]);
  expect(count('resume')).toBeGreaterThanOrEqual(count('detach') - 1);
}

/** How often a number came again right behind itself; throws where one is missing or comes late. */
export function repeatsIn(seen: readonly number[]): number {
  let repeats = 0;
  seen.forEach((number, index) => {
    const step = number - (seen[index - 1] ?? 0);
    if (step === 0) repeats += 1;
    else if (step !== 1) throw new Error(`${number} came after ${seen[index - 1]}`);
  });
  return repeats;
}
