// What a user of the package writes, as the checks of the tarball run it.

// Valid as JavaScript and as strict TypeScript. Reading on after close() shows that it ends the
// stream; that the process then exits shows that no timer or socket was left behind.
export const program = `
async function main() {
  const app = express();
  const mcp = mcpSse();
  app.use(mcp);
  app.use('/admin', dashboard(mcp));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  // Its page is read from files of the package.
  const page = await fetch(\`http://127.0.0.1:\${address.port}/admin/\`);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<style>[^]+<script>[^]+<\\/html>/);

  const stream = await fetch(\`http://127.0.0.1:\${address.port}/sse\`);
  if (stream.body === null) throw new Error('no stream');
  const decoder = new TextDecoder();
  let text = '';
  let asked = false;
  let answer = '';
  for await (const chunk of stream.body) {
    text += decoder.decode(chunk, { stream: true });
    const endpoint = /^event: endpoint\\n(?:.+\\n)*?data: (.+)\\n/m.exec(text)?.[1];
    if (!asked && endpoint !== undefined) {
      asked = true;
      const post = await fetch(new URL(endpoint, stream.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'initialize',
          params: {
            protocolVersion: '2024-11-05',
            capabilities: {},
            clientInfo: { name: 'consumer', version: '1.0.0' },
          },
        }),
      });
      assert.equal(post.status, 202);
    }
    const message = /^event: message\\n(?:.+\\n)*?data: (.+)\\n/m.exec(text)?.[1];
    if (answer === '' && message !== undefined) {
      answer = message;
      await mcp.close();
    }
  }
  const response = JSON.parse(answer);
  assert.equal(response.id, 1);
  assert.equal(response.result.protocolVersion, '2024-11-05');
  server.close();
}

void main();
`;
