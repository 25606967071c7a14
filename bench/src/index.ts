export { type Waiting, writeWaiting } from './bounds/waiting.js';
export { writeHistory } from './bounds/write-history.js';
export { writeParked } from './bounds/write-parked.js';
export type { Contender, Job, Place } from './contenders/contender.js';
export { generatedPage } from './page/write-page.js';
export { memoryOf } from './usage/processes.js';
