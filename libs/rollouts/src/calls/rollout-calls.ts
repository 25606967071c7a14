import { bound, type Pools } from '@wxa/postgres';
import type { Publisher } from '@wxa/postgres/outbox';
import { listChanges } from '../rows/journal.js';
import { listFailures } from '../rows/stored-rollout.js';
import { runTurn } from '../turn/run-turn.js';
import { changeRollout, limitRollout, unlimitRollouts } from './change-rollout.js';
import { createRollout } from './create-rollout.js';
import { forbiddenTargets } from './forbidden-targets.js';
import { needingTemplate } from './needing-template.js';
import { countNotReady, countProblems, hasOverlap, listedTemplates, sampleTargets } from './plan-facts.js';
import {
  changedVersions,
  findRollout,
  findTarget,
  listHistory,
  listRollouts,
  listTargets,
  runningRollouts,
  withLatest,
} from './read-rollouts.js';
import { rollbackRollout } from './rollback-rollout.js';

export type Rollouts = ReturnType<typeof rolloutsOn>;

/** The statements of rollouts. Those of RPCs lock the row of a rollout only, for at most 6 s. */
export function rolloutsOn({ calls, lists }: Pools, publisher: Publisher) {
  return {
    ...bound([calls, publisher], {
      create: createRollout,
      change: changeRollout,
      rollBack: rollbackRollout,
      turn: runTurn,
    }),
    ...bound([calls], { find: findRollout, changed: changedVersions, running: runningRollouts, findTarget }),
    ...bound([calls], { limit: limitRollout, unlimit: unlimitRollouts, withLatest }),
    ...bound([calls], {
      countProblems,
      countNotReady,
      sampleTargets,
      listedTemplates,
      hasOverlap,
      forbidden: forbiddenTargets,
      needingTemplate,
    }),
    // Separate connections, so that slow lists delay nothing else.
    ...bound([lists], { list: listRollouts, listTargets, listChanges, listFailures, listHistory }),
  };
}
