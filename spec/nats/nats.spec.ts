// Alone: it counts the sockets of the process.

import { connect } from '@nats-io/transport-node';

import { natsAdapter } from '../../lib/nats/index.js';
import { adapterContract } from '../cluster/adapter/adapter-contract.js';
import { hasNats, NatsServer } from '../support/nats-server.js';
import { Wire } from '../support/wire.js';

adapterContract(
  'natsAdapter()',
  async () => {
    const server = await NatsServer.begin();
    const wire = await Wire.to(server.port);
    return {
      async node(prefix) {
        const connection = await connect({
          servers: `127.0.0.1:${wire.port}`,
          maxReconnectAttempts: -1,
          reconnectTimeWait: 100,
        });
        return {
          adapter: natsAdapter(connection, prefix === undefined ? {} : { prefix }),
          works: () => connection.flush(),
          close: () => connection.close(),
        };
      },
      server: {
        kill: () => server.kill(),
        restart: () => server.restart(),
        pause: () => {
          server.pause();
        },
        continue: () => {
          server.continue();
        },
        responds: () => server.responds(),
        cut: async () => wire.cut(),
      },
      stop: async () => {
        wire.close();
        await server.stop();
      },
    };
  },
  { skip: !hasNats },
);
