/** What travels, as both sides must build it: the server sends it, the generator expects it. */

export interface Notification {
  jsonrpc: '2.0';
  method: 'notifications/message';
  params: { level: 'info'; data: { session: number; seq: number; pad: string } };
}

/** Both numbers keep their width, so that every message has the same size. */
const firstSession = 100_000;
const firstSeq = 10_000_000;

/** The number in place of a session's in what goes to all sessions. */
export const everyone = -1;

/** A notification whose JSON is `bytes` long and says whose it is and which one. */
export function notification(session: number, seq: number, bytes: number): Notification {
  return {
    jsonrpc: '2.0',
    method: 'notifications/message',
    params: {
      level: 'info',
      data: { session: firstSession + session, seq: firstSeq + seq, pad: padFor(bytes) },
    },
  };
}

const pads = new Map<number, string>();

function padFor(bytes: number): string {
  const known = pads.get(bytes);
  if (known !== undefined) return known;
  pads.set(bytes, '');
  const pad = 'x'.repeat(bytes - JSON.stringify(notification(0, 0, bytes)).length);
  pads.set(bytes, pad);
  return pad;
}

/** A 64 B argument that no other call of the run has. */
export function argumentOf(session: number, id: number): string {
  return `${session}/${id}/`.padEnd(64, 'x');
}

export function callBody(id: number, text: string): string {
  return `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"echo","arguments":{"text":"${text}"}}}`;
}

export function initializeBody(id: number): string {
  return JSON.stringify({
    jsonrpc: '2.0',
    id,
    method: 'initialize',
    params: {
      protocolVersion: '2024-11-05',
      capabilities: {},
      clientInfo: { name: 'bench', version: '1.0.0' },
    },
  });
}

export const initializedBody = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
