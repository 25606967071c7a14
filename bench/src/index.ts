export type { Contender, ContenderConfig, Job } from './contenders/contender.js';
export { migratedDatabase } from './databases.js';
export { writeHistory } from './load/write-history.js';
export { generatedPage } from './report/write-report.js';
