// The hash slot of a channel in Redis Cluster.

/**
 * The hash slot of a key or a sharded channel in Redis Cluster: CRC16 (XMODEM) of it, or of what
 * stands between its first `{` and the next `}` if that is not empty, modulo 16,384.
 * [spec] redis.io, "Redis cluster specification", hash tags
 */
export function slotOf(channel: string): number {
  const open = channel.indexOf('{');
  const close = open < 0 ? -1 : channel.indexOf('}', open + 1);
  const hashed = close > open + 1 ? channel.slice(open + 1, close) : channel;
  let crc = 0;
  for (const byte of Buffer.from(hashed)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  }
  return crc & 0x3fff;
}
