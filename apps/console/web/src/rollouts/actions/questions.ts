import type { MethodName } from '../../api/types.js';
import type { TextKey } from '../../text/text.js';
import { isFiltered } from '../core/filter.js';
import type { GateStatus } from '../core/gates.js';
import { numbersOf } from '../core/possible.js';
import { type Command, reachOf } from '../core/reach.js';
import { type Failure, type Filter, type Rollout, short } from '../types.js';

/** What is asked before something is done. */
export interface Question {
  verb: TextKey extends infer Key ? (Key extends `rollouts.${infer Verb}Effect` ? Verb : never) : never;
  /** Of the text that says what will happen. */
  values: Readonly<Record<string, string | number>>;
  /** That text only says how many there are at most. */
  isAtMost?: boolean;
  method: MethodName;
  /** Without the reason and what the dialog asks besides. */
  request: object;
  isDangerous?: boolean;
  /** The name of the rollout has to be typed. */
  isTyped?: boolean;
  /** The page that is shown then: that of the rollout that was returned, or the list. */
  next?: 'returned' | 'list';
}

/** The questions about a rollout as a whole. */
export function questionsOf({ id, spec, state, targets, waves, ...rollout }: Rollout) {
  const isDraft = short(state) === 'DRAFT';
  const { unfinished, cancelled, ...numbers } = numbersOf({ spec, ...rollout });
  const same = { request: { id }, values: { n: unfinished } };
  const typed = { isDangerous: true, isTyped: true };
  const cancel = { ...typed, method: 'Rollouts/CancelRollout', request: { id } } as const;
  return {
    resume: (): Question => ({ verb: 'resume', method: 'Rollouts/ResumeRollout', ...same }),
    close: (): Question => ({ verb: 'close', method: 'Rollouts/CloseRollout', ...same }),
    cancel: (): Question =>
      isDraft
        ? { ...cancel, verb: 'discard', values: { n: targets }, next: 'list' }
        : { ...cancel, verb: 'cancel', values: { ...numbers, n: cancelled } },
    rollBack: (): Question => ({
      ...{ ...typed, verb: 'rollBack', method: 'Rollouts/RollbackRollout', next: 'returned' },
      request: { id },
      values: { ...numbers, n: numbers.released, version: spec?.userVersion ?? '' },
    }),
    advance: ({ wave, gate }: GateStatus): Question => ({
      ...{ verb: 'openGate', method: 'Rollouts/AdvanceRollout', request: { id, wave, gate } },
      values: { wave, gate, n: waves[wave - 1]?.targets ?? 0 },
    }),
  };
}

/** The question about the targets of a filter; a retry without a condition is one of all that failed. */
export function ofTargets(
  rollout: Rollout,
  failures: readonly Failure[] | undefined,
  command: Command,
  given: Filter,
): Question {
  const isRetry = command === 'retry';
  const isAll = isRetry && !isFiltered(given);
  const filter: Filter = isAll ? { states: ['ROLLOUT_TARGET_STATE_FAILED'] } : given;
  const { targets, isExact } = reachOf(filter, command, rollout, failures);
  return {
    verb: short(rollout.state) === 'DRAFT' ? 'remove' : command,
    ...{ values: { n: targets }, isAtMost: !isExact, isDangerous: !isRetry },
    method: isRetry ? 'Rollouts/RetryRollout' : 'Rollouts/SkipRolloutTargets',
    request: { id: rollout.id, filter },
  };
}
