import { bound } from '../../bound.js';
import type { OnRecorded } from '../../callers/trail.js';
import type { Pools } from '../../data-source.js';
import { changeRollout, limitRollout, unlimitRollouts } from './change-rollout.js';
import { createRollout } from './create-rollout.js';
import { forbiddenTargets } from './forbidden-targets.js';
import { countProblems, listedTemplates, sampleTargets } from './plan-facts.js';
import { listChanges, listFailures } from './read-journal.js';
import {
  changedVersions,
  findRollout,
  findTarget,
  listRollouts,
  listTargets,
  runningRollouts,
  withLatest,
} from './read-rollouts.js';
import { rollbackRollout } from './rollback-rollout.js';

/** The statements of the RPCs of rollouts. They lock the row of a rollout only, for at most 6 s. */
export function rolloutCalls({ calls, lists }: Pools, log: { onRecorded?: OnRecorded }) {
  return {
    ...bound([calls, log], { create: createRollout, change: changeRollout, rollBack: rollbackRollout }),
    ...bound([calls], { find: findRollout, changed: changedVersions, running: runningRollouts, findTarget }),
    ...bound([calls], { limit: limitRollout, unlimit: unlimitRollouts, withLatest }),
    ...bound([calls], { countProblems, sampleTargets, listedTemplates, forbidden: forbiddenTargets }),
    // Separate connections, so that slow lists delay nothing else.
    ...bound([lists], { list: listRollouts, listTargets, listChanges, listFailures }),
  };
}
