import { eventually } from '../support/eventually.js';
import { RawConnection } from '../support/raw-connection.js';
import { answersIn } from './answers.js';
import { ID, type HostileCase } from './case.js';

/** Sends the case on a connection of its own, for the session of that id. @returns what came back */
export async function exchange(
  port: number,
  sessionId: string,
  hostile: HostileCase,
  patienceMs = 5_000,
): Promise<string> {
  const client = new RawConnection(await RawConnection.socket(port));
  for (const part of partsOf(hostile, sessionId)) {
    client.write(part);
    if (hostile.cutBehind) await new Promise((resolve) => setImmediate(resolve));
  }
  if (hostile.then === 'rst') client.reset();
  else if (hostile.then === 'fin') client.end();
  const isOver = (): boolean =>
    client.ended || answersIn(client.text, hostile.head)[0]?.whole === true;
  try {
    await eventually(isOver, 'an answer', patienceMs);
    return client.text;
  } finally {
    client.drop();
  }
}

function partsOf({ pieces, cutBehind }: HostileCase, sessionId: string): Uint8Array[] {
  const filled = pieces.map((piece) =>
    typeof piece === 'string' ? Buffer.from(piece.replaceAll(ID, sessionId)) : piece,
  );
  const bytes = Buffer.concat(filled);
  if (!cutBehind) return [bytes];
  const behind = new RegExp(`(?<=${cutBehind.source})`);
  return bytes
    .toString('latin1')
    .split(behind)
    .map((part) => Buffer.from(part, 'latin1'));
}
