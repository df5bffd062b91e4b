/** The process of one subject that runs on Node. */
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { loaders } from '../subjects/index.js';
import { ordersFor, type OrderName } from './orders.js';

// tsx turns these on, and they make every stack trace of a subject dear.
process.setSourceMapsEnabled(false);

// Before anything slow: a parent that dies meanwhile must not leave a server behind.
const input = createInterface({ input: process.stdin });
input.on('close', () => process.exit(0));

const load = new Map(Object.entries(loaders)).get(process.argv[2] ?? '');
if (load === undefined) throw new Error(`not a subject: ${process.argv[2] ?? ''}`);
const subject = await load();
const { server } = subject;
const orders = ordersFor(subject);
input.on('line', (line) => void obey(JSON.parse(line) as Parameters<typeof obey>[0]));
if (typeof server === 'number') reply({ id: 0, gives: server });
else {
  server.listen(0, '127.0.0.1', () => {
    reply({ id: 0, gives: (server.address() as AddressInfo).port });
  });
}

async function obey(order: { id: number; name: OrderName; takes: never }): Promise<void> {
  const { id, name, takes } = order;
  try {
    reply({ id, gives: await orders[name](takes) });
  } catch (error) {
    reply({ id, failed: String(error) });
  }
}

function reply(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
