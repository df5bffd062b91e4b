import { describe, it } from 'vitest';

import { expectAdmitted, expectBarred } from '../../support/admission.js';
import { expectStats } from '../../support/expect-stats.js';
import { serve } from '../../support/serve.js';

const APP = 'https://app.example.com';
const ADVICE = 'security.allowedOrigins';

describe('a request without an Origin', () => {
  it.each(['cross-site', 'same-site', 'Cross-Site', 'none, cross-site', 'x', ''])(
    'is refused if its browser sends %j',
    async (site) => {
      const { url, mcp } = await serve({ security: { allowedOrigins: [APP, 'null'] } });
      await expectBarred(url, { 'Sec-Fetch-Site': site }, ADVICE);
      await expectBarred(url, { 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': 'navigate' }, ADVICE);
      expectStats(mcp, { totals: { opened: 0, refused: { 'origin-not-allowed': 6 } } });
    },
  );

  it.each(['none', 'same-origin'])('is admitted with %j', async (site) => {
    const { url } = await serve();
    await expectAdmitted(url, { 'Sec-Fetch-Site': site });
  });

  it('is admitted without Fetch Metadata: curl, the SDKs', async () => {
    const { url } = await serve();
    await expectAdmitted(url, {});
    // What fetch() of Node sends.
    await expectAdmitted(url, { 'Sec-Fetch-Mode': 'cors' });
  });

  it("is admitted from any site with allowedOrigins: '*'", async () => {
    const { url } = await serve({ security: { allowedOrigins: '*' } });
    await expectAdmitted(url, { 'Sec-Fetch-Site': 'cross-site' });
  });
});

describe('a request with an Origin', () => {
  it.each(['cross-site', 'same-site'])(
    'of a page that is %s must be in allowedOrigins',
    async (site) => {
      const { url } = await serve({ security: { allowedOrigins: [APP] } });
      await expectAdmitted(url, { 'Sec-Fetch-Site': site, Origin: APP });
      const other = { 'Sec-Fetch-Site': site, Origin: 'https://evil.example.com' };
      await expectBarred(url, other, ADVICE);
    },
  );

  it('is foreign if its browser says so', async () => {
    const { url } = await serve();
    const { host } = new URL(url);
    const ofTls = { Origin: `https://${host}`, 'Sec-Fetch-Site': 'same-origin' };
    await expectAdmitted(url, ofTls);
    // An https page is another site than the plain http of the same host.
    await expectBarred(url, { ...ofTls, 'Sec-Fetch-Site': 'cross-site' }, ADVICE);
  });

  it("is not the server's own just because its browser says so", async () => {
    const { url } = await serve();
    await expectBarred(url, { Origin: APP, 'Sec-Fetch-Site': 'same-origin' }, ADVICE);
  });
});
