import { onTestFinished } from 'vitest';

import { RawConnection } from './raw-connection.js';

/** A raw connection that is cut when the test is finished. */
export class RawClient extends RawConnection {
  static async connect(port: number, host?: string): Promise<RawClient> {
    const client = new RawClient(await RawConnection.socket(port, host));
    onTestFinished(() => {
      client.drop();
    });
    return client;
  }

  /** Connects, and sends one request. */
  static async send(port: number, ...lines: string[]): Promise<RawClient> {
    const client = await RawClient.connect(port);
    client.send(...lines);
    return client;
  }
}
