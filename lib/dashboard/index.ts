export { dashboard, type DashboardSource } from './dashboard.js';
export type { DashboardOptions } from './options.js';
