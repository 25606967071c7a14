import { expect } from '@jest/globals';
import type { Method } from '@wxa/contracts';
import { CHANGE_CASES, type ChangeCase } from '../release/change-cases.js';
import { uncommitted } from './partitions.js';
import type { WorkerScenario } from './worker-scenario.js';

/** The state in which a worker is lost, and the expected result for its changes. */
export interface WorkerState {
  cases: readonly ChangeCase[];
  /** How often the call reaches WeChat in total. */
  calls(one: ChangeCase): number;
  /** The attempts in total; a call of a lost worker counts unless it certainly was not sent. */
  attempts(one: ChangeCase): number;
  /** Runs before the faults, once the mini-programs are ready. */
  prepare?(scenario: WorkerScenario): Promise<void>;
  /** Accepts the changes; resolves once the worker has their commands. The result stops the worker in this state. */
  reach(scenario: WorkerScenario): Promise<() => Promise<void>>;
}

/** A snapshot read precedes these. */
const SNAPSHOT_METHODS: readonly Method[] = [
  'SubmitAudit',
  'Release',
  'UndoAudit',
  'RevertRelease',
  'GrayRelease',
];
const hasSnapshot = ({ method }: ChangeCase) => SNAPSHOT_METHODS.includes(method);

const once = { cases: CHANGE_CASES, calls: () => 1, attempts: () => 1 };
const retries = ({ isProvenByRetry }: ChangeCase) => (isProvenByRetry ? 2 : 1);
const done = { cases: CHANGE_CASES, calls: retries, attempts: retries };

/** Stops the worker while its calls hang. */
const stopDuringCall =
  (...hang: Parameters<WorkerScenario['hang']>): WorkerState['reach'] =>
  async (scenario) => {
    await scenario.hang(...hang);
    await scenario.begin();
    return async () => {
      await scenario.untilHung();
      scenario.stopWorker();
    };
  };

export const WORKER_STATES = {
  'after enqueue, before the claim': {
    ...once,
    async reach(scenario) {
      await scenario.begin();
      const rows = await scenario.lockOperations();
      return async () => {
        await rows.untilWaiting();
        scenario.stopWorker();
        await scenario.untilAll('QUEUED');
        await rows.terminateWaiters();
        await rows.release();
      };
    },
  },
  'after the claim, before the request': {
    ...once,
    attempts: (one) => (hasSnapshot(one) ? 1 : 2),
    async reach(scenario) {
      await scenario.begin();
      const rows = await scenario.lockOperations();
      return async () => {
        await rows.untilWaiting();
        scenario.stopWorker();
        await rows.release();
        await scenario.untilAll('RUNNING');
      };
    },
  },
  'after the claim, during the snapshot read': {
    ...once,
    cases: CHANGE_CASES.filter(hasSnapshot),
    reach: stopDuringCall('before', 'first read'),
  },
  'after the request, before WeChat acted': {
    ...once,
    calls: () => 2,
    attempts: () => 2,
    reach: stopDuringCall('before'),
  },
  'after WeChat acted, before its answer': {
    ...done,
    reach: stopDuringCall('after'),
  },
  'after the answer, before the settlement': {
    ...done,
    async reach(scenario) {
      await scenario.hang('after');
      await scenario.begin();
      return async () => {
        await scenario.untilHung();
        const rows = await scenario.lockOperations();
        await scenario.answer();
        await scenario.untilAnswered();
        await rows.untilWaiting();
        scenario.stopWorker();
        await rows.terminateWaiters();
        await rows.release();
      };
    },
  },
  'after the settlement, before publication and offset commit': {
    ...once,
    prepare: (scenario) => scenario.blockOffset(),
    async reach(scenario) {
      await scenario.begin();
      return async () => {
        await scenario.untilAll('SUCCEEDED');
        scenario.stopWorker();
        expect(await uncommitted(scenario.world, scenario.owner.partition)).toBeGreaterThan(
          scenario.started.length,
        );
        expect(scenario.published()).toEqual([]);
        await scenario.releaseOffset();
      };
    },
  },
} satisfies Record<string, WorkerState>;
