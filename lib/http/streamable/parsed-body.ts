// Makes a body readable again that a parser in front has read.
import { McpSseError } from '../../errors.js';
import type { McpSseRequest } from '../../session/request-facts.js';

/**
 * Makes `for await (const chunk of req)` read a body that a parser in front has put into
 * `req.body`: handlers for `node:http` read the request and know no `req.body`.
 *
 * @throws McpSseError `internal` if middleware in front has read the body without setting
 * `req.body`.
 */
export function restoreBody(req: McpSseRequest): void {
  // [node] Express 4's parsers set `req.body` to an empty object even if they skip a body, so it
  // proves nothing.
  if (!req.readableDidRead || req.method === 'GET') return;
  const { body } = req;
  if (body === undefined) {
    // [spec] A DELETE has no body, and a parser may have seen that.
    if (req.method === 'DELETE') return;
    throw new McpSseError(
      'internal',
      'middleware in front has read the body of this POST without setting req.body: mount ' +
        'mcpSse() in front of it, call next() before it awaits anything, or let it set req.body',
    );
  }
  Object.defineProperty(req, Symbol.asyncIterator, {
    configurable: true,
    value: () => chunksOf(body),
  });
}

async function* chunksOf(body: unknown): AsyncGenerator<Buffer> {
  if (Buffer.isBuffer(body)) yield body;
  else yield Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
