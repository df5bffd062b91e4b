import { expect, it } from 'vitest';

import { dashboard, type DashboardOptions } from '../../lib/dashboard/index.js';
import { mcpSse } from '../../lib/index.js';

const NAMES = "allowedHosts must be an array of names without a port, or '*'";

it.each<[string, DashboardOptions]>([
  ['unknown option allowclose', { allowclose: true } as DashboardOptions],
  ['allowClose must be a boolean', { allowClose: 'false' as never }],
  ['showMessages must be a boolean', { showMessages: 1 as never }],
  [NAMES, { allowedHosts: 'ops.example.com' as never }],
  [NAMES, { allowedHosts: ['ops.example.com:8443'] }],
  [NAMES, { allowedHosts: ['https://ops.example.com'] }],
  ['unknown option toString', { toString: 1 } as never],
  ['viewers must be a whole number above 0', { viewers: 0 }],
  ['rows must be a whole number above 0', { rows: 1.5 }],
])('refuses a wrong option: %s', (message, options) => {
  expect(() => dashboard(mcpSse(), options)).toThrow(
    expect.objectContaining({ code: 'invalid-option', message: `dashboard: ${message}` }),
  );
});
