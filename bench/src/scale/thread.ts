// Simulates one wave in a thread of its own; tells now and then what share of it is released, then the row.
import { parentPort, workerData } from 'node:worker_threads';
import { rowOf } from './figures.js';
import type { Scenario } from './parameters.js';
import { simulate } from './simulate.js';

const { scenario, partitions } = workerData as { scenario: Scenario; partitions: Uint16Array };
const onProgress = (share: number) => parentPort?.postMessage({ share });
parentPort?.postMessage({ row: rowOf(scenario, await simulate(scenario, { partitions, onProgress })) });
