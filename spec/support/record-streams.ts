import type { Express } from 'express';

export interface StreamRecord {
  /** What was written to each stream, in the order of their GETs. */
  readonly streams: string[];
  /** The single writes, of all streams. */
  readonly writes: string[];
  /** For `serve`: middleware in front that listens in. */
  readonly prepare: (app: Express) => void;
}

/** Writes down, byte for byte, what a server sends on its streams. */
export function recordStreams(): StreamRecord {
  const streams: string[] = [];
  const writes: string[] = [];
  return {
    streams,
    writes,
    prepare(app) {
      app.use((req, res, next) => {
        if (req.method === 'GET') {
          const index = streams.push('') - 1;
          const write = res.write.bind(res) as (chunk: string) => boolean;
          res.write = (chunk: string) => {
            streams[index] = (streams[index] ?? '') + chunk;
            writes.push(chunk);
            return write(chunk);
          };
        }
        next();
      });
    },
  };
}
