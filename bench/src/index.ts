export type { Contender, Job, Place } from './contenders/contender.js';
export { writeHistory } from './load/write-history.js';
export { generatedPage } from './report/write-report.js';
export { migratedDatabase } from './stored.js';
