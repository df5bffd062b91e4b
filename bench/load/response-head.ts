export interface ResponseHead {
  readonly status: number;
  readonly contentType: string;
  readonly chunked: boolean;
  /** Of the body; 0 when none is announced. */
  readonly contentLength: number;
  /** Where the body begins. */
  readonly end: number;
}

const blankLine = Buffer.from('\r\n\r\n');

/** Reads the head of an HTTP/1.1 response, or `undefined` while it is not whole. */
export function readHead(bytes: Buffer): ResponseHead | undefined {
  const end = bytes.indexOf(blankLine);
  if (end < 0) return undefined;
  const text = bytes.toString('latin1', 0, end);
  return {
    status: Number(text.slice(9, 12)),
    contentType: /\r\ncontent-type: *([^\r]*)/i.exec(text)?.[1] ?? '',
    chunked: /\r\ntransfer-encoding: *chunked/i.test(text),
    contentLength: Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0),
    end: end + blankLine.length,
  };
}
