// Lets a body that a parser in front has read be read once more.
import { McpSseError } from '../../errors.js';
import type { McpSseRequest } from '../../session/request-facts.js';

/**
 * Lets `for await (const chunk of req)` read a body that a parser in front has put into `req.body`:
 * handlers that are made for `node:http` take the body from there and know no `req.body`.
 *
 * @throws McpSseError `internal` if something in front has read the body and kept it.
 */
export function restoreBody(req: McpSseRequest): void {
  // [node] Express 4's parsers leave an empty object behind when they pass a body by: `req.body`
  // says nothing.
  if (!req.readableDidRead || req.method === 'GET') return;
  const { body } = req;
  if (body === undefined) {
    // [spec] A DELETE has no body, and a parser may have seen that.
    if (req.method === 'DELETE') return;
    throw new McpSseError(
      'internal',
      'middleware in front has read the body of this POST and not put it into req.body: mount ' +
        'mcpSse() in front of it, call next() before it waits for anything, or let it set req.body',
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
