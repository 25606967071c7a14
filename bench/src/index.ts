export type { Contender, Job, Place } from './contenders/contender.js';
export { generatedPage } from './report/write-report.js';
export { migratedDatabase } from './stored.js';
export { writeHistory } from './write-history.js';
