// The stdio server that all bridges are measured with: what it does costs as little as can be.
import { createInterface } from 'node:readline';

const serverInfo = { name: 'echo', version: '1.0.0' };

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  let result = {};
  if (method === 'initialize') {
    const { protocolVersion } = params;
    result = { protocolVersion, capabilities: { tools: {} }, serverInfo };
  } else if (method === 'tools/list') {
    result = { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] };
  } else if (method === 'tools/call') {
    result = { content: [{ type: 'text', text: params.arguments.text }] };
  }
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
});
