// What a client does at the one URL: lists the tools, calls one, is told of progress and of a change,
// and leaves.
import { eventually } from '../../support/eventually.js';
import { within } from '../../support/program/waiting.js';
import type { ConnectedClient } from '../steps.js';
import { SCOPES, STEPS } from './factory.js';
import type { Site } from './site.js';
import type { Visitor } from './visitors.js';

const STEP_MS = 30_000;
/** A client that should be refused must say so within this time. */
const REFUSAL_MS = 15_000;
const PROGRESS_TRIES = 5;
const FULL = `${SCOPES.all}.${SCOPES.write}`;

/** @throws Error with what is wrong */
export async function visit(site: Site, visitor: Visitor, waitMs = STEP_MS): Promise<void> {
  const { servedBy, sessions = 1 } = visitor;
  const [opened, refused] = [site.opened, site.refusals.length];
  if (servedBy === 'nothing') {
    await expectNoConnection(visitor.connect(site.url, site.token(FULL)));
  } else {
    const connecting = visitor.connect(site.url, site.token(FULL));
    const client = await within(connecting, waitMs, 'the connection');
    try {
      await take(site, visitor, client, waitMs);
    } finally {
      await within(Promise.resolve(client.close()), waitMs, 'the end of the client');
    }
    await site.left();
    const expected = servedBy === 'a session' ? sessions : 0;
    const found = site.opened - opened;
    if (found !== expected) throw new Error(`${found} sessions were opened, not ${expected}`);
  }
  if (site.refusals.length > refused) throw new Error('something was refused for its scopes');
}

async function take(
  site: Site,
  { servedBy, cannot = [] }: Visitor,
  client: ConnectedClient,
  waitMs: number,
): Promise<void> {
  const tools = await within(Promise.resolve(client.tools()), waitMs, 'tools/list');
  if (!tools.includes('served_by')) throw new Error(`the tools are ${tools.join(', ')}`);
  const text = await within(client.call('served_by'), waitMs, 'a call');
  if (!text.includes(`served by ${servedBy}`)) throw new Error(`the answer is ${text}`);
  if (!cannot.includes('progress')) await hearProgress(client, waitMs);
  if (!cannot.includes('notification') && site.tells(servedBy)) {
    const { length } = client.notifications;
    site.publish();
    await eventually(() => client.notifications.length > length, 'the notification', waitMs);
  }
}

/** A report that arrives together with the answer, as on a busy machine, is dropped by clients. */
async function hearProgress(client: ConnectedClient, waitMs: number): Promise<void> {
  let steps: number[] = [];
  for (let tries = 0; tries < PROGRESS_TRIES && steps.join() !== STEPS.join(); tries += 1) {
    steps = [];
    const counted = client.call('count', (progress) => steps.push(progress));
    await within(counted, waitMs, 'a call with progress');
  }
  if (steps.join() !== STEPS.join()) throw new Error(`the progress is ${steps.join()}`);
}

/** A token without a scope: every request is refused, or the one for which it takes that scope. */
export async function visitWithoutScope(site: Site, visitor: Visitor): Promise<void> {
  const { refusal } = visitor;
  if (!refusal || visitor.servedBy === 'nothing') return;
  site.refusals.length = 0;
  await expectNoConnection(visitor.connect(site.url, 'other'), refusal);
  site.expectRefusals(SCOPES.all);
  const client = await within(visitor.connect(site.url, SCOPES.all), STEP_MS, 'the connection');
  try {
    await client.tools();
    if (site.refusals.length > 0) throw new Error('more was refused than the call');
    const outcome = await outcomeOf(client.call('write'));
    if (!refusal.test(outcome)) throw new Error(`the call without the scope: ${outcome}`);
    site.expectRefusals(SCOPES.write);
    const text = await client.call('served_by');
    if (!text.includes('served by')) throw new Error(`the answer is ${text}`);
  } finally {
    await client.close();
  }
  await site.left();
}

/** Resolves if the client cannot connect, for this reason. */
export async function expectNoConnection(
  connecting: Promise<ConnectedClient>,
  reason = /./,
): Promise<void> {
  const connected = connecting.then(async (client) => {
    await client.close();
    throw new Error('it has connected');
  });
  const outcome = await within(outcomeOf(connected), REFUSAL_MS, 'the refusal');
  if (outcome.includes('it has connected') || !reason.test(outcome)) throw new Error(outcome);
}

function outcomeOf(work: Promise<unknown>): Promise<string> {
  return work.then((value) => `answered: ${String(value)}`, String);
}
