// What nodes say to each other, as text.

/**
 * What nodes say to each other, as text:
 *
 * - `mcp-sse/2 heartbeat <from>`: the node is there
 * - `mcp-sse/2 ping <from>`: is the other node there? It answers with a heartbeat
 * - `mcp-sse/2 leave <from>`: it goes, with all its sessions
 * - `mcp-sse/2 link <from> <epoch> <first> <ack epoch> <cursor> <missing> <lengths>`, and behind
 *   a line feed the bodies, one after the other: numbered messages and an acknowledgement
 *
 * A frame of another version is ignored: its node counts as absent.
 */
export type Packet =
  | { readonly kind: Presence; readonly from: string }
  | ({ readonly kind: 'link'; readonly from: string } & LinkPacket);

export type Presence = 'heartbeat' | 'ping' | 'leave';

export interface LinkPacket {
  /** Counts how often the sender has begun to number anew. */
  readonly epoch: number;
  /** The number of the first body; the others follow it. */
  readonly first: number;
  readonly bodies: readonly string[];
  readonly ack: Ack;
}

/** How far the other direction has been received. */
export interface Ack {
  readonly epoch: number;
  /** The last number that was received with all before it. */
  readonly cursor: number;
  /** Something behind `cursor` has arrived, and what is missing is to be sent again. */
  readonly missing: boolean;
}

const HEAD = /^mcp-sse\/2 (heartbeat|ping|leave|link) ([\w-]{1,64})(?: (.*))?$/;
const NUMBERS = /^(\d{1,15}) (\d{1,15}) (\d{1,15}) (\d{1,15}) ([01]) ([\d,]*)$/;

export function encodePresence(kind: Presence, from: string): string {
  return `mcp-sse/2 ${kind} ${from}`;
}

export function encodeLinkPacket(from: string, { epoch, first, bodies, ack }: LinkPacket): string {
  const lengths = bodies.map((body) => body.length).join();
  const numbers = [epoch, first, ack.epoch, ack.cursor, ack.missing ? 1 : 0].join(' ');
  return `mcp-sse/2 link ${from} ${numbers} ${lengths}\n${bodies.join('')}`;
}

/** The frame that the text stands for; undefined for anything else that someone may publish. */
export function parsePacket(text: string): Packet | undefined {
  const end = text.indexOf('\n');
  const [, kind, from, rest] = HEAD.exec(end < 0 ? text : text.slice(0, end)) ?? [];
  if (from === undefined) return undefined;
  if (kind === 'heartbeat' || kind === 'ping' || kind === 'leave')
    return rest === undefined ? { kind, from } : undefined;
  const [, epoch, first, ackEpoch, cursor, missing, lengths] = NUMBERS.exec(rest ?? '') ?? [];
  const bodies = cut(text, end + 1, lengths ?? '');
  if (lengths === undefined || end < 0 || !bodies) return undefined;
  return {
    kind: 'link',
    from,
    epoch: Number(epoch),
    first: Number(first),
    bodies,
    ack: { epoch: Number(ackEpoch), cursor: Number(cursor), missing: missing === '1' },
  };
}

function cut(text: string, start: number, lengths: string): string[] | undefined {
  let at = start;
  const bodies =
    lengths === ''
      ? []
      : lengths.split(',').map((length) => text.slice(at, (at += Number(length))));
  return at === text.length ? bodies : undefined;
}
