// What the dashboard shows: rows in the order of looking (docs/runbooks.md), with the runbooks that belong to them.
// A panel is [title, unit, { legend: expression }]. The generator adds the job to each expression.
import { ACCEPT, AUDITS, FLEET, FLOW, RESOLUTION, ROLLOUTS } from './operation-rows.js';
import { CALLERS, KAFKA, PLATFORM, POSTGRES, PROCESSES, WECHAT } from './server-rows.js';

export const ROWS = [
  ACCEPT,
  FLOW,
  WECHAT,
  RESOLUTION,
  AUDITS,
  PLATFORM,
  KAFKA,
  POSTGRES,
  PROCESSES,
  CALLERS,
  ROLLOUTS,
  FLEET,
];
