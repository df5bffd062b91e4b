// What else calls middleware: each host mounts the router in its own way and listens.
import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';

const load = async (name) => (await import(name)).default;
const notFound = (res) => {
  res.statusCode = 404;
  res.end();
};
const listen = (server, to = { port: 0, host: '127.0.0.1' }) =>
  new Promise((resolve) => server.listen(to, () => resolve(server)));
const tls = () => ({
  key: readFileSync(process.env.WORLD_KEY),
  cert: readFileSync(process.env.WORLD_CERT),
});

export const hosts = {
  'node:http': (mcp) => listen(createServer((req, res) => mcp(req, res, () => notFound(res)))),
  'node:http, nothing behind': (mcp) => listen(createServer(mcp)),
  async 'node:https'(mcp) {
    const express = await load('express');
    return { server: await listen(createTlsServer(tls(), express().use(mcp))), scheme: 'https' };
  },
  async 'a unix socket'(mcp) {
    const express = await load('express');
    const socketPath = join(tmpdir(), `world-${process.pid}.sock`);
    return {
      server: await listen(createServer(express().use(mcp)), { path: socketPath }),
      socketPath,
    };
  },
  async 'HTTP/2, by requestListener'(mcp) {
    const express = await load('express');
    const server = createSecureServer(tls(), mcp.requestListener(express()));
    return { server: await listen(server), scheme: 'http2' };
  },
  async connect(mcp) {
    const connect = await load('connect');
    return listen(createServer(connect().use('/api', mcp))).then((server) => ({
      server,
      path: '/api',
    }));
  },
  async polka(mcp) {
    const polka = await load('polka');
    const { server } = polka().use(mcp).listen(0, '127.0.0.1');
    return new Promise((resolve) => server.once('listening', () => resolve(server)));
  },
  async 'koa with koa-connect'(mcp) {
    const [Koa, connect] = [await load('koa'), await load('koa-connect')];
    const app = new Koa();
    app.use(connect(mcp));
    return listen(createServer(app.callback()));
  },
  async restify(mcp) {
    const restify = await load('restify');
    const server = restify.createServer();
    server.pre(mcp);
    return listen(server);
  },
  async tinyhttp(mcp) {
    const { App } = await import('@tinyhttp/app');
    const app = new App().use('/api', mcp);
    return { server: await listen(createServer(app.handler.bind(app))), path: '/api' };
  },
  async 'hono with @hono/node-server'(mcp) {
    const { Hono } = await import('hono');
    const { getRequestListener } = await import('@hono/node-server');
    const { RESPONSE_ALREADY_SENT } = await import('@hono/node-server/utils/response');
    const app = new Hono();
    for (const path of ['/sse', '/message']) {
      app.all(path, async ({ env: { incoming, outgoing } }) => {
        await new Promise((resolve) => {
          outgoing.once('close', resolve);
          mcp(incoming, outgoing, () => notFound(outgoing));
        });
        return RESPONSE_ALREADY_SENT;
      });
    }
    return listen(createServer(getRequestListener(app.fetch)));
  },
  async 'vite’s dev server'(mcp) {
    const { createServer: createVite } = await import('vite');
    const vite = await createVite({
      configFile: false,
      logLevel: 'silent',
      server: { port: 0, host: '127.0.0.1' },
      plugins: [{ name: 'mcp', configureServer: ({ middlewares }) => void middlewares.use(mcp) }],
    });
    await vite.listen();
    return vite.httpServer;
  },
  async 'fastify with @fastify/middie'(mcp) {
    const fastify = (await load('fastify'))();
    await fastify.register(await load('@fastify/middie'));
    fastify.use('/api', mcp);
    await fastify.listen({ port: 0, host: '127.0.0.1' });
    return { server: fastify.server, path: '/api' };
  },
  async 'fastify with @fastify/express'(mcp) {
    const fastify = (await load('fastify'))();
    await fastify.register(await load('@fastify/express'));
    fastify.use(mcp);
    await fastify.listen({ port: 0, host: '127.0.0.1' });
    return fastify.server;
  },
  async 'nest with a global prefix'(mcp) {
    await import('reflect-metadata');
    const { NestFactory } = await import('@nestjs/core');
    class AppModule {}
    const { Module } = await import('@nestjs/common');
    Module({})(AppModule);
    const app = await NestFactory.create(AppModule, { logger: false });
    app.setGlobalPrefix('api');
    app.use('/api', mcp);
    await app.listen(0, '127.0.0.1');
    return { server: app.getHttpServer(), path: '/api' };
  },
  async 'http-proxy-middleware in front'(mcp) {
    const express = await load('express');
    const { createProxyMiddleware } = await import('http-proxy-middleware');
    const upstream = await listen(createServer(express().set('trust proxy', 'loopback').use(mcp)));
    const target = `http://127.0.0.1:${upstream.address().port}`;
    return listen(createServer(express().use(createProxyMiddleware({ target, xfwd: true }))));
  },
  /** Deliberately broken: every second write of a stream is lost. The check must fail. */
  async 'a broken stand-in'(mcp) {
    const express = await load('express');
    const app = express().use((_req, res, next) => {
      const { write } = res;
      let count = 0;
      res.write = (...args) => ((count += 1) % 3 === 0 ? true : write.apply(res, args));
      next();
    });
    return listen(createServer(app.use(mcp)));
  },
};
