// Stands in for a load balancer: sends each request to a random node, and to another one if nobody
// listens there.
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';

export async function startProxy(port: number, nodes: ReadonlyMap<string, number>): Promise<void> {
  const server = createServer((req, res) => {
    const order = [...nodes];
    if (Math.random() < 0.5) order.reverse();
    pass(req, res, order);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

function pass(req: IncomingMessage, res: ServerResponse, nodes: [string, number][]): void {
  const [next, ...others] = nodes;
  if (!next) {
    res.writeHead(502).end();
    return;
  }
  const [name, port] = next;
  const headers = { ...req.headers, 'x-passed-to': name };
  const onward = request({ port, host: '127.0.0.1', method: req.method, path: req.url, headers });
  onward.on('response', (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.on('error', () => res.destroy());
    answer.pipe(res);
  });
  // Nothing has been read of the request while there is no connection: it can go elsewhere.
  onward.on('socket', (socket) => {
    if (socket.connecting) socket.once('connect', () => req.pipe(onward));
    else req.pipe(onward);
  });
  onward.on('error', (error) => {
    if ('code' in error && error.code === 'ECONNREFUSED') pass(req, res, others);
    else res.destroy();
  });
  res.on('close', () => onward.destroy());
}
