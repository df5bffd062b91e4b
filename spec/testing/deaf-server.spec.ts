// Alone: it counts the sockets of the process.

import express, { type Express } from 'express';
import { describe, expect, it } from 'vitest';

import { openSession, RefusedError } from '../../lib/testing/index.js';
import { openSockets } from '../support/open-sockets.js';
import { rounds } from '../support/rounds.js';

/** On a slow machine, it opens within this time, too. */
const TIMEOUT = { timeoutMs: 2_000 };
const NO_HANDSHAKE = { initialize: false, ...TIMEOUT };
const UNNOTICED = /^the server did not close its connections within 2000 ms$/;

/** Begins a stream, and hears nothing more of its connection: not that it has ended, either. */
function deaf(): Express {
  return express().get('/sse', (req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    res.write('event: endpoint\ndata: /message\n\n', () => req.socket.pause());
  });
}

describe('a server that does not notice the end of a connection', () => {
  it('makes close() reject, which still closes everything that it has started', async () => {
    const session = await openSession(deaf(), NO_HANDSHAKE);
    await expect(session.close()).rejects.toThrow(UNNOTICED);
    await rounds(2);
    expect(openSockets()).toEqual([]);
  });

  it('still reports the end of the stream to a wait', async () => {
    const session = await openSession(deaf(), NO_HANDSHAKE);
    session.drop();
    await expect(session.next()).rejects.toThrow('the test has dropped');
    expect(await session.closed).toBe('dropped');
    await expect(session.close()).rejects.toThrow(UNNOTICED);
  });

  it('does not hide the reason why no session was opened', async () => {
    const app = deaf().post('/message', (_req, res) => void res.status(500).send('broken'));
    const opening = openSession(app, TIMEOUT);
    await expect(opening).rejects.toBeInstanceOf(RefusedError);
    await expect(opening).rejects.toThrow('POST of initialize was answered 500');
  });
});
