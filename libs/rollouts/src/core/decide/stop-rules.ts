import {
  RolloutStopRule_Cause as Cause,
  type Explained,
  explanationOf,
  type RolloutStopRule,
} from '@wxa/contracts';
import type { Move } from '../advance/move.js';
import type { Progress, StoredCount, Tally, WaveProgress } from '../rollout.js';
import { STEP_NUMBERS, type Step } from '../target.js';
import { countOf } from './counts.js';

/** A rule that fires. */
export interface FiredRule {
  rule: RolloutStopRule;
  /** The numbers, for `pause_detail` and the journal. */
  why: Explained;
}

const STEPS = Object.keys(STEP_NUMBERS) as Step[];
const NOTHING = { passed: 0, failed: 0, inDoubtBefore: 0 };

/** What a cause counts: in which steps, and which of failed executions and operations in doubt. */
interface CauseRow {
  steps: readonly Step[];
  failed: 0 | 1;
  inDoubt: 0 | 1;
}

const OTHERS = STEPS.filter((step) => step !== 'AUDIT' && step !== 'VERIFY');

const CAUSES: Partial<Record<Cause, CauseRow>> = {
  [Cause.CAUSE_AUDIT_REJECTED]: { steps: ['AUDIT'], failed: 1, inDoubt: 0 },
  [Cause.CAUSE_VERIFY]: { steps: ['VERIFY'], failed: 1, inDoubt: 0 },
  [Cause.CAUSE_ERROR]: { steps: OTHERS, failed: 1, inDoubt: 0 },
  [Cause.CAUSE_IN_DOUBT]: { steps: STEPS, failed: 0, inDoubt: 1 },
  [Cause.CAUSE_ANY]: { steps: STEPS, failed: 1, inDoubt: 1 },
};

/** The first rule that fires; undefined if none does. Call it after the moves of the turn. */
export function stopRules(
  rules: readonly RolloutStopRule[],
  progress: Pick<Progress, 'tally' | 'waves'>,
): FiredRule | undefined {
  for (const rule of rules) {
    const why = fires(rule, progress);
    if (why !== undefined) return { rule, why };
  }
  return undefined;
}

function fires(rule: RolloutStopRule, progress: Pick<Progress, 'tally' | 'waves'>): Explained | undefined {
  const row = CAUSES[rule.cause];
  if (row === undefined) return undefined;
  const name = rule.cause.replace('CAUSE_', '');
  const { percent } = rule;
  const minEnded = rule.minEnded || MIN_ENDED;
  let failures = 0;
  for (const step of row.steps) {
    const { passed, failed, inDoubtBefore } = progress.tally[step] ?? NOTHING;
    const inDoubt = Math.max(0, inDoubtOf(progress.waves, step) - inDoubtBefore) * row.inDoubt;
    const bad = failed * row.failed + inDoubt;
    const ended = passed + failed + inDoubt;
    failures += bad;
    const isReached = bad > 0 && bad * 100 >= percent * ended;
    if (percent > 0 && ended >= minEnded && isReached)
      return explanationOf('SHARE_FAILED', {
        failed: bad,
        ended,
        step,
        rule: name,
        percent,
        min_ended: minEnded,
      });
  }
  return rule.count > 0 && failures >= rule.count
    ? explanationOf('COUNT_FAILED', { failed: failures, rule: name, limit: rule.count })
    : undefined;
}

const MIN_ENDED = 20;

const inDoubtOf = (waves: readonly WaveProgress[], step: Step): number =>
  countOf(waves, (count) => count.step === step && count.state === 'IN_DOUBT');

/** The tally after moves; `step` is the one that the target was in before the move. */
export function addToTally(
  tally: Tally,
  moves: Iterable<{ step: Step; move: Pick<Move, 'stepResult'> }>,
): Tally {
  const sum: Tally = { ...tally };
  for (const { step, move } of moves) {
    if (move.stepResult === null) continue;
    const before = sum[step] ?? NOTHING;
    sum[step] = { ...before, [move.stepResult]: before[move.stepResult] + 1 };
  }
  return sum;
}

/** Lowers the numbers in doubt of the last resume to those in doubt now. Call it once a turn, before `stopRules`. */
export function lowerInDoubt(tally: Tally, waves: readonly WaveProgress[]): Tally {
  const lowered: Tally = {};
  for (const step of STEPS) {
    const before = tally[step];
    if (before === undefined) continue;
    lowered[step] = { ...before, inDoubtBefore: Math.min(before.inDoubtBefore, inDoubtOf(waves, step)) };
  }
  return lowered;
}

/** The tally at a start or resume: nothing has ended, and what is in doubt does not count. */
export function newTally(counts: readonly StoredCount[]): Tally {
  const tally: Tally = {};
  for (const step of STEPS) {
    const inDoubt = counts.filter((count) => count.state === 'IN_DOUBT' && count.step === STEP_NUMBERS[step]);
    const inDoubtBefore = inDoubt.reduce((sum, { targets }) => sum + targets, 0);
    if (inDoubtBefore > 0) tally[step] = { ...NOTHING, inDoubtBefore };
  }
  return tally;
}
