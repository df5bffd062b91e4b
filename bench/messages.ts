/**
 * What travels, as both sides must build it: the server sends it, the generator expects it. Keys
 * are in alphabetical order, in which Go writes them too, so that bytes can be compared.
 */

export interface Notification {
  jsonrpc: '2.0';
  method: 'notifications/message';
  params: { data: { pad: string; seq: number; session: number }; level: 'info' };
}

/** Both numbers keep their width, so that every message has the same size. */
const firstSession = 100_000;
export const firstSeq = 10_000_000;

/** The number in place of a session's in what goes to all sessions. */
export const everyone = -1;

/** A notification whose JSON is `bytes` long and says whose it is and which one. */
export function notification(session: number, seq: number, bytes: number): Notification {
  return {
    jsonrpc: '2.0',
    method: 'notifications/message',
    params: {
      data: { pad: padFor(bytes), seq: firstSeq + seq, session: firstSession + session },
      level: 'info',
    },
  };
}

const pads = new Map<number, string>();

function padFor(bytes: number): string {
  let pad = pads.get(bytes);
  if (pad === undefined) {
    pads.set(bytes, '');
    pad = 'x'.repeat(bytes - JSON.stringify(notification(0, 0, bytes)).length);
    pads.set(bytes, pad);
  }
  return pad;
}

/** A 64 B argument that no other call of the run has. */
export function argumentOf(session: number, id: number): string {
  return `${session}/${id}/`.padEnd(64, 'x');
}

/** A call of `echo`; with `bytes`, of `fill`, which answers with the text padded to that length. */
export function callBody(id: number, text: string, bytes: number | undefined): string {
  const [name, more] = bytes === undefined ? ['echo', ''] : ['fill', `,"bytes":${bytes}`];
  return `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"${name}","arguments":{"text":"${text}"${more}}}}`;
}

/** The text of the answer to such a call. */
export function answerText(text: string, bytes: number | undefined): string {
  return bytes === undefined ? text : text.padEnd(bytes, 'x');
}

export const initializeBody =
  '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2024-11-05",' +
  '"capabilities":{},"clientInfo":{"name":"bench","version":"1.0.0"}}}';

export const initializedBody = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
