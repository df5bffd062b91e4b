// A client in a process of its own, which can be stopped: answers pings, as the SDK does, and says
// on a line each that it is connected, which notification it was given, and that its stream is gone.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';

const [, , url = ''] = process.argv;
const client = new Client({ name: 'reader', version: '1.0.0' });
const say = (line: string): void => void process.stdout.write(`${line}\n`);

client.fallbackNotificationHandler = ({ params }) => {
  say(`n ${String(params?.n)}`);
  return Promise.resolve();
};
client.onerror = () => {
  say('gone');
};
await client.connect(new SSEClientTransport(new URL(url)));
say('connected');
