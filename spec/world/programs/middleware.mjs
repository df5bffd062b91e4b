// One Express application for each row: what stands in front of the router, as its own README shows
// it. A row returns what shows that the middleware was at work, where that can be seen.
import { PassThrough } from 'node:stream';

const load = async (name) => (await import(name)).default;
const seen = () => {
  const marks = new Set();
  return { mark: (value) => marks.add(value), evidence: () => marks.size > 0 };
};
/** Middleware that shows in the heads of responses. */
const header = (name) => ({ header: name });

export const middleware = {
  async helmet(app) {
    app.use((await load('helmet'))());
    return header('content-security-policy');
  },
  async morgan(app) {
    const { mark, evidence } = seen();
    app.use((await load('morgan'))('combined', { stream: { write: mark } }));
    return { evidence };
  },
  async 'morgan-body'(app, { express }) {
    const { mark, evidence } = seen();
    app.use(express.json());
    (await load('morgan-body'))(app, { stream: { write: (line) => mark(line) }, noColors: true });
    return { evidence };
  },
  async 'pino-http'(app) {
    const { mark, evidence } = seen();
    app.use((await load('pino-http'))({}, { write: mark }));
    return { evidence };
  },
  async 'express-winston'(app) {
    const { mark, evidence } = seen();
    const winston = await load('winston');
    const stream = new PassThrough().on('data', (line) => mark(String(line)));
    const { logger } = await load('express-winston');
    app.use(logger({ transports: [new winston.transports.Stream({ stream })] }));
    return { evidence };
  },
  async 'express-session'(app) {
    const session = await load('express-session');
    app.use(session({ secret: 'world', resave: true, saveUninitialized: true }));
    return header('set-cookie');
  },
  async 'cookie-session'(app) {
    app.use((await load('cookie-session'))({ name: 'session', keys: ['world'] }));
    app.use((req, _res, next) => {
      req.session.visits = (req.session.visits ?? 0) + 1;
      next();
    });
    return header('set-cookie');
  },
  async 'express-rate-limit'(app) {
    const { rateLimit } = await import('express-rate-limit');
    app.use(rateLimit({ windowMs: 60_000, limit: 1_000, standardHeaders: 'draft-8' }));
    return header('ratelimit');
  },
  async compression(app) {
    const { mark, evidence } = seen();
    app.use((await load('compression'))());
    app.use((_req, res, next) => {
      if (res.flush) mark('compression');
      next();
    });
    return { evidence };
  },
  async 'compression, all types'(app) {
    const { mark, evidence } = seen();
    app.use((await load('compression'))({ filter: () => Boolean(mark('asked')), threshold: 0 }));
    return { evidence };
  },
  /** The head of a stream says no-transform; this application takes that out. */
  async 'compression, transforming'(app) {
    app.use((_req, res, next) => {
      const { writeHead } = res;
      res.writeHead = (status, headers) =>
        writeHead.call(res, status, { ...headers, 'Cache-Control': 'no-cache' });
      next();
    });
    app.use((await load('compression'))({ filter: () => true, threshold: 0 }));
    return header('content-encoding');
  },
  async 'response-time'(app) {
    app.use((await load('response-time'))());
    return header('x-response-time');
  },
  async 'on-headers and on-finished'(app) {
    const { mark, evidence } = seen();
    const [onHeaders, onFinished] = [await load('on-headers'), await load('on-finished')];
    app.use((_req, res, next) => {
      onHeaders(res, () => res.setHeader('X-Seen', '1'));
      onFinished(res, () => mark('finished'));
      next();
    });
    return { evidence, header: 'x-seen' };
  },
  async 'swagger-stats'(app) {
    const { getMiddleware, getCoreStats } = await load('swagger-stats');
    app.use(getMiddleware({ name: 'world' }));
    return { evidence: () => getCoreStats().all.requests > 0 };
  },
  async 'express-openapi-validator'(app, { express }) {
    const { mark, evidence } = seen();
    const text = { type: 'string' };
    const message = {
      type: 'object',
      required: ['jsonrpc'],
      properties: { jsonrpc: { ...text, enum: ['2.0'] }, method: text },
    };
    const sessionId = { name: 'sessionId', in: 'query', required: true, schema: text };
    const content = (type, schema) => ({ content: { [type]: { schema } } });
    const apiSpec = {
      openapi: '3.0.3',
      info: { title: 'world', version: '1.0.0' },
      paths: {
        '/sse': {
          get: { responses: { 200: { description: '', ...content('text/event-stream', text) } } },
        },
        '/message': {
          post: {
            parameters: [sessionId],
            requestBody: { required: true, ...content('application/json', message) },
            responses: { 202: { description: '' } },
          },
        },
      },
    };
    app.use(express.json());
    const { middleware } = await load('express-openapi-validator');
    // The URL for messages tells how far the client has read: a parameter beside the session's id.
    const validateRequests = { allowUnknownQueryParameters: true };
    app.use(middleware({ apiSpec, validateRequests, validateResponses: true }));
    app.use((req, _res, next) => {
      if (req.openapi && req.method === 'POST') mark('validated');
      next();
    });
    return { evidence };
  },
  async 'express-ws beside it'(app, { createServer }) {
    const server = createServer(app);
    (await load('express-ws'))(app, server);
    app.ws('/echo', (socket) => socket.on('message', (text) => socket.send(String(text))));
    const evidence = () =>
      new Promise((resolve) => {
        const socket = new globalThis.WebSocket(`ws://127.0.0.1:${server.address().port}/echo`);
        socket.onopen = () => socket.send('hello');
        socket.onerror = () => resolve(false);
        socket.onmessage = ({ data }) => {
          socket.close();
          resolve(data === 'hello');
        };
      });
    return { server, evidence };
  },
  async 'http-proxy-middleware beside it'(app) {
    const { createProxyMiddleware } = await import('http-proxy-middleware');
    app.use('/other', createProxyMiddleware({ target: 'http://127.0.0.1:9', changeOrigin: true }));
    return {};
  },
  async 'socket.io beside it'(app, { createServer }) {
    const { Server } = await import('socket.io');
    const server = createServer(app);
    new Server(server);
    return { server };
  },
  async 'express.json()'(app, { express }) {
    app.use(express.json());
    return {};
  },
  async 'write wrapped, returning nothing'(app) {
    const { mark, evidence } = seen();
    app.use((_req, res, next) => {
      const { write, end, writeHead } = res;
      res.write = (...args) => {
        mark('written');
        write.apply(res, args);
      };
      res.end = (...args) => void end.apply(res, args);
      res.writeHead = (...args) => void writeHead.apply(res, args);
      next();
    });
    return { evidence };
  },
  async 'write wrapped, returning false'(app) {
    app.use((_req, res, next) => {
      const { write } = res;
      res.write = (...args) => {
        write.apply(res, args);
        return false;
      };
      next();
    });
    return {};
  },
  async "a sniffer: req.on('data')"(app) {
    const { mark, evidence } = seen();
    app.use((req, _res, next) => {
      req.on('data', mark);
      next();
    });
    return { evidence };
  },
  async 'a sniffer: req.pipe(), nobody reads'(app) {
    app.use((req, _res, next) => {
      req.pipe(new PassThrough({ highWaterMark: 1 }));
      next();
    });
    return {};
  },
  async 'a sniffer, after an await'(app) {
    const { mark, evidence } = seen();
    app.use(async (req, _res, next) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      req.setEncoding('utf8').on('data', mark);
      next();
    });
    return { evidence };
  },
  async 'a sniffer, and a principal that awaits'(app) {
    const { mark, evidence } = seen();
    app.use((req, _res, next) => {
      req.on('data', mark);
      next();
    });
    const principal = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return 'ann';
    };
    return { evidence, options: { security: { principal } } };
  },
  /** Agents are loaded by the command line; the application has nothing of them. */
  async agent() {
    return { evidence: () => globalThis.agentSpans?.() !== 0 };
  },
};
