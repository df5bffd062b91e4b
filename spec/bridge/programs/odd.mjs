// A stdio server by hand, which is odd in the ways that its arguments name.
import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';

const is = (what) => process.argv.includes(what);
const lineEnd = is('crlf') ? '\r\n' : '\n';
const write = (text, written) => process.stdout.write(text, written);
const send = (message) => write(JSON.stringify({ jsonrpc: '2.0', ...message }) + lineEnd);

const tools = {
  greet: ({ name }, id) => send({ id, result: text(`Hello, ${name}`) }),
  // Some servers of 2025-03-26 answer in batches.
  batch: (_, id) => {
    const news = { jsonrpc: '2.0', method: 'notifications/message', params: LOG };
    write(`${JSON.stringify([news, { jsonrpc: '2.0', id, result: text('in a batch') }])}\n`);
  },
  'bytes of a letter': async (_, id) => {
    const line = `${JSON.stringify({ jsonrpc: '2.0', id, result: text('漢字 🎉\u2028') })}\n`;
    for (const byte of Buffer.from(line)) {
      write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
  'last word': (_, id) => {
    const answer = { jsonrpc: '2.0', id, result: text('without an end of line') };
    process.stdout.write(JSON.stringify(answer), () => process.exit(0));
  },
  'no output': () => closeSync(1),
  'no input': (_, id) => {
    send({ id, result: text('closed') });
    process.stdin.destroy();
    closeSync(0);
  },
  flood: (_, id) => {
    for (let n = 0; n < 20_000; n += 1) process.stderr.write(`line ${n} ${'x'.repeat(100)}\n`);
    send({ id, result: text('flooded') });
  },
  orphan: (_, id) => {
    const code = 'setInterval(() => 0, 60000)';
    const stdio = ['ignore', 'inherit', 'inherit'];
    // A group of its own, so no signal to this one's group reaches it.
    const { pid } = spawn(process.execPath, ['-e', code], { stdio, detached: true });
    send({ id, result: text(String(pid)) });
  },
};
const LOG = { level: 'info', data: 'news' };
const text = (content) => ({ content: [{ type: 'text', text: content }] });

function received({ id, method, params }) {
  if (id === undefined) return;
  if (method === 'initialize') {
    const serverInfo = { name: 'odd', version: '1' };
    const capabilities = { tools: {}, logging: {} };
    const { protocolVersion } = params;
    send({ id, result: { protocolVersion, capabilities, serverInfo } });
  } else if (method === 'tools/call') void tools[params.name](params.arguments, id);
  else send({ id, result: {} });
}

// What is left when the input is closed: only a signal ends it.
setInterval(() => undefined, 60_000);
if (is('endless stderr')) {
  // Another of these, whose stdout is the stderr of this one: `yes` would write too little at once.
  spawn(process.execPath, [process.argv[1], 'endless stdout'], { stdio: ['ignore', 2, 'ignore'] });
}
if (is('endless stdout')) {
  const flood = () => write('y\n'.repeat(500_000), () => setImmediate(flood));
  flood();
}
if (is('bom')) write('\ufeff');
if (is('banner')) write('Server 1.0 is listening on stdio\n\n');
let rest = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop();
  for (const line of lines) received(JSON.parse(line));
});
