export { sqlOf } from './bounds/sql.js';
export { type Waiting, writeWaiting } from './bounds/waiting.js';
export { writeHistory } from './bounds/write-history.js';
export { writeParked } from './bounds/write-parked.js';
export type { Contender, Job, Place } from './contenders/contender.js';
export { migratedDatabase } from './migrated-database.js';
export { generatedPage } from './report/write-report.js';
export { logPlans, plansOf } from './statements/plans.js';
export { memoryOf } from './usage/processes.js';
