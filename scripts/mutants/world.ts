import type { Mutant } from './mutant.js';

const sniffed = 'http/post/sniffed-body.spec.ts';
const bodies = 'http/post/body-reader.spec.ts';
const hosts = 'http/hosts.spec.ts';
const http2 = 'http/http2.spec.ts';
const pipelined = 'http/get/pipelined.spec.ts';

const body = 'http/post/json-body.ts';
const reader = 'http/post/body-reader.ts';
const post = 'http/post/post-message.ts';
const router = 'http/router.ts';
const overHttp2 = 'http/http2.ts';

/** What middleware and hosts could do to a request, before it is ours. */
export const worldMutants: readonly Mutant[] = [
  {
    name: 'the body is listened for a microtask late',
    file: post,
    find: '  const unread = unreadBody(',
    replace: '  await Promise.resolve();\n  const unread = unreadBody(',
    specs: [sniffed],
  },
  {
    name: 'a body that something in front has paused stays paused',
    file: reader,
    find: 'const flow = (): void => void req.resume();',
    replace: 'const flow = (): void => undefined;',
    specs: [sniffed],
  },
  {
    name: 'a pipe that nobody reads stops the body',
    file: reader,
    find: "      req.on('pause', flow);\n",
    replace: '',
    specs: [sniffed],
  },
  {
    name: 'a body flows while its principal is awaited',
    file: reader,
    find: '    req.pause();\n',
    replace: '',
    specs: [sniffed],
  },
  {
    name: 'text of a sniffer is taken for bytes of another encoding',
    file: reader,
    find: 'String(this.#req.readableEncoding) as BufferEncoding',
    replace: "'latin1'",
    specs: [sniffed],
  },
  {
    name: 'a body that is refused is never read to its end',
    file: post,
    find: '    unread?.drop();\n',
    replace: '',
    specs: [sniffed],
  },
  {
    name: 'a part of a body is taken for the whole',
    file: body,
    find: 'return req.readableDidRead ? undefined : new BodyReader(req, limit, budget);',
    replace: 'return req.readableEnded ? undefined : new BodyReader(req, limit, budget);',
    specs: [sniffed],
  },
  {
    name: 'each small chunk of a body is kept as it came',
    file: reader,
    find: 'bytes.length > SMALL_BYTES || ',
    replace: 'bytes.length > 0 || ',
    specs: [bodies],
  },
  {
    name: 'a writeHead that returns nothing is called on',
    file: post,
    find: "  res.writeHead(202, { 'Content-Length': '0' });\n  res.end();",
    replace: "  res.writeHead(202, { 'Content-Length': '0' }).end();",
    specs: [hosts],
  },
  {
    name: 'whatever stands in req.app is an Express application',
    file: router,
    find: "return typeof req.app === 'function' && 'request' in req.app",
    replace: 'return req.app !== undefined',
    specs: [hosts],
  },
  {
    name: 'a mount that the host has cut off is forgotten',
    file: router,
    find: 'const { originalUrl = url } = req;',
    replace: 'const originalUrl = url;',
    specs: [hosts],
  },
  {
    name: 'a host without next gets an exception',
    file: router,
    find: 'next ?? finalHandler(res)',
    replace: 'next as NextFunction',
    specs: [hosts],
  },
  {
    name: 'a stream may wait behind another one of its connection',
    file: 'http/exchange.ts',
    find: '  if (res.socket !== null) return;\n',
    replace: '  if (res.socket !== undefined) return;\n',
    specs: [pipelined],
  },
  {
    name: ':authority is no host',
    file: overHttp2,
    find: "  if (typeof authority === 'string') req.headers.host ??= authority;\n",
    replace: '  void authority;\n',
    specs: [http2],
  },
  {
    name: 'a client of HTTP/1 that claims to be of HTTP/2 is believed',
    file: overHttp2,
    find: "return 'stream' in res;",
    replace: 'return res.req.httpVersionMajor >= 2;',
    specs: ['hostile/corpus.spec.ts'],
  },
  {
    name: 'a stream of HTTP/2 speaks of its connection',
    file: overHttp2,
    find: "  if (isHttp2(res)) Reflect.deleteProperty(head, 'Connection');\n",
    replace: '',
    specs: [http2],
  },
  {
    name: 'a response of HTTP/2 does not say that it is gone',
    file: overHttp2,
    find: '  Object.defineProperties(res, { destroyed: gone, closed: gone });\n',
    replace: '  void gone;\n',
    specs: [http2],
  },
];
