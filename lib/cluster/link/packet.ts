// The text format of packets between nodes.

/**
 * A packet between nodes, as text:
 *
 * - `mcp-sse/2 heartbeat <from>`: the node is there
 * - `mcp-sse/2 ping <from>`: asks whether the other node is there, which answers with a heartbeat
 * - `mcp-sse/2 leave <from>`: the node leaves, with all its sessions
 * - `mcp-sse/2 link <from> <epoch> <first> <ack epoch> <cursor> <missing> <lengths>`, then a line
 *   feed and the bodies one after the other: numbered messages and an acknowledgement
 *
 * A packet of another version is ignored: its node counts as absent.
 */
export type Packet =
  | { readonly kind: Presence; readonly from: string }
  | ({ readonly kind: 'link'; readonly from: string } & LinkPacket);

export type Presence = 'heartbeat' | 'ping' | 'leave';

export interface LinkPacket {
  /** Grows each time the sender restarts its numbering. */
  readonly epoch: number;
  /** The number of the first body; the others follow it. */
  readonly first: number;
  readonly bodies: readonly string[];
  readonly ack: Ack;
}

/** How much of the other direction has arrived. */
export interface Ack {
  readonly epoch: number;
  /** The number up to which everything has arrived. */
  readonly cursor: number;
  /** Something after `cursor` has arrived, so the gap must be sent again. */
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

/** Parses a packet; undefined for any other text that somebody may publish. */
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
