import { DeployClient } from './client.js';
import { connectRaw } from './raw-connection.js';
import { connectV1, connectV2 } from './sdk-connection.js';

/** As many of each kind. */
export function clientsOfAllKinds(url: string, each: number): DeployClient[] {
  const clients: DeployClient[] = [];
  for (let n = 1; n <= each; n += 1) {
    for (const resumes of [true, false]) {
      for (const [sdk, connect] of [
        ['v1', connectV1],
        ['v2', connectV2],
      ] as const) {
        const kind = `${sdk}-${resumes ? 'with-id' : 'as-is'}`;
        const name = `${kind}-${n}`;
        clients.push(
          new DeployClient({
            name,
            kind,
            mayRepeat: !resumes,
            beginsAnew: resumes,
            asks: sdk === 'v1',
            connect: (listener) => connect({ name, url, resumes }, listener),
          }),
        );
      }
    }
    const name = `raw-${n}`;
    const connect = connectRaw.bind(undefined, name, url);
    clients.push(new DeployClient({ name, kind: 'raw', beginsAnew: true, connect }));
  }
  return clients;
}
