import { expect } from '@jest/globals';
import type { Method } from '@wxa/contracts';
import { CHANGE_CASES, type ChangeCase } from '../release/change-cases.js';
import { uncommitted } from './partitions.js';
import type { Scene } from './scene.js';

/** The state in which a worker is lost, and the expected result for its changes. */
export interface WorkerState {
  cases: readonly ChangeCase[];
  /** How often the call reaches WeChat in total. */
  calls(one: ChangeCase): number;
  /** The attempts in total; a call of a lost worker counts unless it certainly was not sent. */
  attempts(one: ChangeCase): number;
  /** Runs before the faults, once the mini-programs are ready. */
  prepare?(scene: Scene): Promise<void>;
  /** Accepts the changes; resolves once the worker has their commands. The result stops the worker in this state. */
  reach(scene: Scene): Promise<() => Promise<void>>;
}

/** A snapshot read precedes these. */
const NOTED: readonly Method[] = ['SubmitAudit', 'Release', 'UndoAudit', 'RevertRelease', 'GrayRelease'];
const isNoted = ({ method }: ChangeCase) => NOTED.includes(method);

const once = { cases: CHANGE_CASES, calls: () => 1, attempts: () => 1 };
const repeats = ({ isProvenByRepeat }: ChangeCase) => (isProvenByRepeat ? 2 : 1);
const done = { cases: CHANGE_CASES, calls: repeats, attempts: repeats };

export const WORKER_STATES = {
  'after enqueue, before the claim': {
    ...once,
    async reach(scene) {
      await scene.begin();
      const rows = await scene.lockOperations();
      return async () => {
        await rows.waited();
        scene.stopWorker();
        await scene.untilAll('QUEUED');
        await rows.cutOff();
        await rows.letGo();
      };
    },
  },
  'after the claim, before the request': {
    ...once,
    attempts: (one) => (isNoted(one) ? 1 : 2),
    async reach(scene) {
      await scene.begin();
      const rows = await scene.lockOperations();
      return async () => {
        await rows.waited();
        scene.stopWorker();
        await rows.letGo();
        await scene.untilAll('RUNNING');
      };
    },
  },
  'after the claim, during the snapshot read': {
    ...once,
    cases: CHANGE_CASES.filter(isNoted),
    async reach(scene) {
      await scene.hang('before', 'first question');
      await scene.begin();
      return async () => {
        await scene.untilHung();
        scene.stopWorker();
      };
    },
  },
  'after the request, before WeChat acted': {
    ...once,
    calls: () => 2,
    attempts: () => 2,
    async reach(scene) {
      await scene.hang('before');
      await scene.begin();
      return async () => {
        await scene.untilHung();
        scene.stopWorker();
      };
    },
  },
  'after WeChat acted, before its answer': {
    ...done,
    async reach(scene) {
      await scene.hang('after');
      await scene.begin();
      return async () => {
        await scene.untilHung();
        scene.stopWorker();
      };
    },
  },
  'after the answer, before the settlement': {
    ...done,
    async reach(scene) {
      await scene.hang('after');
      await scene.begin();
      return async () => {
        await scene.untilHung();
        const rows = await scene.lockOperations();
        await scene.answer();
        await scene.untilAnswered();
        await rows.waited();
        scene.stopWorker();
        await rows.cutOff();
        await rows.letGo();
      };
    },
  },
  'after the settlement, before publication and offset commit': {
    ...once,
    prepare: (scene) => scene.holdOffset(),
    async reach(scene) {
      await scene.begin();
      return async () => {
        await scene.untilAll('SUCCEEDED');
        scene.stopWorker();
        expect(await uncommitted(scene.world, scene.owner.partition)).toBeGreaterThan(scene.begun.length);
        expect(scene.published()).toEqual([]);
        await scene.letGoOffset();
      };
    },
  },
} satisfies Record<string, WorkerState>;
