/** The process of one subject. It is told what to do over IPC, and ends with its parent. */
import type { AddressInfo } from 'node:net';
import { subjects, isSubjectName } from '../subjects/index.js';
import type { Order, OrderName, Report } from './orders.js';
import { workshop, type Workshop } from './workshop.js';

const [, , name = ''] = process.argv;
if (!isSubjectName(name)) throw new Error(`no such subject: ${name}`);
// tsx turns these on, and they make every stack trace of a subject dear.
process.setSourceMapsEnabled(false);

// Before anything slow: a parent that dies meanwhile must not leave a server behind.
process.on('disconnect', () => {
  process.exit(0);
});

const subject = await subjects[name].load();
const shop = workshop(subject);

process.on('message', (message: unknown) => {
  void obey(shop, message as Order);
});

subject.server.listen(0, '127.0.0.1', () => {
  const { port } = subject.server.address() as AddressInfo;
  report({ kind: 'listening', port });
});

async function obey<N extends OrderName>(handlers: Workshop, order: Order<N>): Promise<void> {
  const { id } = order;
  try {
    const gives = await handlers[order.name](order.takes);
    report({ kind: 'done', id, gives });
  } catch (error) {
    report({ kind: 'failed', id, reason: String(error) });
  }
}

function report(what: Report): void {
  process.send?.(what);
}
