import { BAD_HOST, byNode, CANARY, type HostileCase, type Verdict } from './case.js';
import { HOST, JSON_TYPE, post, withHeaders } from './request.js';

/** Hosts by which a server on the loopback interface must not be addressed (DNS rebinding). */
const HOSTS: readonly string[] = [
  '',
  'evil.example',
  `${CANARY}.example`,
  'localhost.evil.example',
  'evil-localhost',
  'evil.example:80',
  'localhost@evil.example',
  'evil.example#localhost',
  'evil.example/localhost',
  'localhost, evil.example',
  'localhost evil.example',
  'localhost.',
  'localhost%00',
  'localhost:80:80',
  'localhost:http',
  'localhost:-1',
  '"localhost"',
  'http://localhost',
  '127.0.0.1.nip.io',
  '127.0.0.1.evil.example',
  '128.0.0.1',
  '0.0.0.0',
  '[::]',
  '[::2]',
  '[::1',
  '::1]',
  '*',
  'l\u00f6calhost',
  'x'.repeat(8_000),
];

const ORIGINS: readonly string[] = [
  '',
  'null',
  'localhost',
  '//localhost',
  'file://',
  'http://',
  'https://evil.example',
  `https://${CANARY}.example`,
  'http://localhost.evil.example',
  'http://evil.example?http://localhost',
  'http://localhost, http://evil.example',
  'http://localhost:1',
  'ftp://localhost',
  'javascript:alert(1)',
  'chrome-extension://localhost',
];

const ofHost = (host: string, verdict: Verdict): HostileCase =>
  post(
    `the Host ${JSON.stringify(host).slice(0, 80)}`,
    {
      headers: [`Host: ${host}`, JSON_TYPE],
    },
    verdict,
  );

const hosts: readonly HostileCase[] = [
  ...HOSTS.map((host) => ofHost(host, BAD_HOST)),
  ...['LOCALHOST', 'a.localhost:99999', '[::1]:80', '[::ffff:127.0.0.1]', '127.255.0.9'].map(
    (host) => ofHost(host, 'accepted'),
  ),
  post('no Host', { headers: [JSON_TYPE] }, byNode(400)),
  post(
    'two Hosts, a stranger first',
    { headers: ['Host: evil.example', HOST, JSON_TYPE] },
    BAD_HOST,
  ),
  withHeaders('X-Forwarded-Host of a stranger', ['X-Forwarded-Host: evil.example'], 'accepted'),
  withHeaders('Forwarded by strangers', ['Forwarded: for="_x;by=evil.example'], 'accepted'),
  withHeaders(
    'X-Forwarded-For without end',
    [`X-Forwarded-For: ${'1,'.repeat(2_000)}`],
    'accepted',
  ),
];

/** Who the server is addressed as, and by whose pages. */
export const addresses: readonly HostileCase[] = [
  ...hosts,
  ...ORIGINS.map((origin) =>
    withHeaders(`the Origin ${JSON.stringify(origin)}`, [`Origin: ${origin}`], BAD_HOST),
  ),
  // Read as a URL, these are the server's own; no browser writes them so.
  ...['http:localhost', 'HTTP://LOCALHOST:80/x'].map((origin) =>
    withHeaders(`the Origin ${origin}`, [`Origin: ${origin}`], 'accepted'),
  ),
];
