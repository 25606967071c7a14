export type { Contender, Job, Place } from './contenders/contender.js';
export { migratedDatabase } from './migrated-database.js';
export { generatedPage } from './report/write-report.js';
export { writeHistory } from './write-history.js';
