// A client in a process of its own, for `LineClient`: SDK v1, SDK v2 or @ai-sdk/mcp, as the JSON of
// its only argument says. It imports what is installed at `place`.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const { library, place, alias, transport, mode, url, token } = JSON.parse(process.argv[2]);
const target = new URL(url);
const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
const CHANGED = 'notifications/tools/list_changed';
const INFO = { name: library, version: '1.0.0' };

const load = async (name) => import(pathToFileURL(createRequire(place).resolve(name)).href);
const say = (...words) => process.stdout.write(`${words.join(' ')}\n`);
const heard = async () => say('notified', 1);
const onprogress = ({ progress }) => say('progressed', progress);

const LIBRARIES = { v1, v2, ai };

async function v1() {
  const esm = `${place}node_modules/${alias}/dist/esm/client`;
  const { Client } = await load(`${esm}/index.js`);
  const file = transport === 'SSEClientTransport' ? 'sse' : 'streamableHttp';
  const { [transport]: Transport } = await load(`${esm}/${file}.js`);
  const over = new Transport(target, { requestInit: { headers }, ...forOldStreams() });
  const client = new Client(INFO);
  client.fallbackNotificationHandler = heard;
  await client.connect(over);
  return {
    tools: async () => namesOf(await client.listTools()),
    call: async (name, options) =>
      JSON.stringify(await client.callTool({ name, arguments: {} }, undefined, options)),
    async close() {
      await over.terminateSession?.();
      await client.close();
    },
  };
}

/** 1.8 sends the headers that it is given with its POSTs only. */
function forOldStreams() {
  if (alias !== 'sdk-1.8') return {};
  const withHeaders = (to, init) =>
    fetch(to, { ...init, headers: { ...init?.headers, ...headers } });
  return { eventSourceInit: { fetch: withHeaders } };
}

async function v2() {
  const sdk = await load('@modelcontextprotocol/client');
  const over = new sdk[transport](target, { requestInit: { headers } });
  const client = new sdk.Client(INFO, mode && { versionNegotiation: { mode } });
  client.setNotificationHandler(CHANGED, heard);
  await client.connect(over);
  // What is told to everybody of 2025 is for those who listen now.
  if (client.getProtocolEra() === 'modern') await client.listen({ toolsListChanged: true });
  return {
    tools: async () => namesOf(await client.listTools()),
    call: async (name, options) =>
      JSON.stringify(await client.callTool({ name, arguments: {} }, options)),
    async close() {
      await over.terminateSession?.();
      await client.close();
    },
  };
}

async function ai() {
  const { createMCPClient } = await load('@ai-sdk/mcp');
  const onUncaughtError = () => undefined;
  const client = await createMCPClient({
    transport: { type: transport, url, headers },
    onUncaughtError,
  });
  const tools = await client.tools();
  return {
    tools: async () => Object.keys(tools),
    call: async (name) =>
      JSON.stringify(await tools[name].execute({}, { toolCallId: '1', messages: [] })),
    close: () => client.close(),
  };
}

const namesOf = ({ tools }) => tools.map(({ name }) => name);

async function carryOut(client, [what, name]) {
  if (what === 'close') return client.close();
  if (what === 'tools') return (await client.tools()).join(' ');
  return client.call(name, what === 'progress' ? { onprogress } : undefined);
}

const client = await LIBRARIES[library]();
say('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [id, ...words] = line.split(' ');
  carryOut(client, words).then(
    (text = '') => say(id, 'ok', Buffer.from(text).toString('base64')),
    (error) => say(id, 'error', Buffer.from(String(error)).toString('base64')),
  );
}
