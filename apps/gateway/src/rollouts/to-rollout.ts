import {
  OperationError,
  Rollout,
  type RolloutChange,
  RolloutChangeType,
  type RolloutCount,
  type RolloutFailure,
  RolloutGateType,
  RolloutHold,
  RolloutPauseCause,
  RolloutSpec,
  RolloutState,
  RolloutTarget,
  RolloutTargetState,
  RolloutWait,
  type RolloutWaveStatus,
  rolloutStepFromJSON,
  type WatchRolloutResponse,
} from '@wxa/contracts';
import {
  pipelineOf,
  STEP_NUMBERS,
  type Step,
  type TargetState,
  type Wait,
  type WaveProgress,
} from '@wxa/rollouts';
import type { FailureGroup, StoredChange, StoredCount, StoredRollout } from '@wxa/store';

/** The message of a stored rollout. */
export function toRollout(stored: StoredRollout): Rollout {
  const spec = RolloutSpec.fromJSON(stored.spec);
  const counts = countsOf(stored, spec);
  return {
    id: stored.id,
    requestId: stored.requestId,
    spec,
    state: RolloutState[`ROLLOUT_STATE_${stored.state}`],
    pauseCause: RolloutPauseCause[`ROLLOUT_PAUSE_CAUSE_${stored.pauseCause ?? 'UNSPECIFIED'}`],
    pauseDetail: stored.pauseDetail ?? '',
    holds: stored.state === 'RUNNING' ? stored.holds.map((hold) => RolloutHold.fromJSON(hold)) : [],
    targets: stored.targets,
    counts: total(counts),
    waves: wavesOf(stored, counts),
    submissions: stored.submissions,
    speedUps: stored.speedUps,
    rollbackOf: stored.rollbackOf ?? '',
    rolledBackBy: stored.rolledBackBy ?? '',
    createTime: stored.createdAt,
    startTime: stored.startedAt ?? undefined,
    endTime: stored.endedAt ?? undefined,
    updateTime: stored.updatedAt,
    stepsPerMinute: stored.stepsPerMinute,
    caller: stored.caller,
    onBehalfOf: stored.onBehalfOf,
  };
}

/** The number of RolloutStep in which new targets begin. */
export function firstStepOf(spec: RolloutSpec, isRollback: boolean): number {
  const [first = 'COMMIT'] = pipelineOf(spec, isRollback);
  return STEP_NUMBERS[first];
}

/** While the waves of a draft are not assigned, its counts are not stored: all its targets are in one step and state. */
function countsOf(stored: StoredRollout, spec: RolloutSpec): StoredCount[] {
  if (!stored.wavesStale) return stored.counts;
  if (stored.targets === 0) return [];
  const state = stored.state === 'CANCELLED' ? 'CANCELLED' : 'PENDING';
  const step = firstStepOf(spec, stored.rollbackOf !== null);
  return [{ wave: 0, step, state, waitsFor: '', targets: stored.targets }];
}

function wavesOf({ waves, wavesStale }: StoredRollout, counts: StoredCount[]): RolloutWaveStatus[] {
  if (waves === null || wavesStale) return [];
  const ofWave = (wave: number) => counts.filter((count) => count.wave === wave);
  return waves.map(({ wave, targets, submitOpenedAt, releaseOpenedAt, endedAt }) => ({
    wave,
    targets,
    counts: ofWave(wave).map(toCount),
    submitOpenTime: timeOf(submitOpenedAt),
    releaseOpenTime: timeOf(releaseOpenedAt),
    endTime: timeOf(endedAt),
  }));
}

function timeOf(text: string | null): Date | undefined {
  return text === null ? undefined : new Date(text);
}

function total(counts: readonly StoredCount[]): RolloutCount[] {
  const sums = new Map<string, RolloutCount>();
  for (const stored of counts) {
    const key = [stored.step, stored.state, stored.waitsFor].join(' ');
    const count = toCount(stored);
    sums.set(key, { ...count, count: count.count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
}

function toCount({ step, state, waitsFor, targets }: StoredCount): RolloutCount {
  return {
    step: rolloutStepFromJSON(step),
    state: stateOf(state),
    waitsFor: waitOf(waitsFor),
    count: targets,
  };
}

/** The waves of a started rollout with their counts, in the form of the pure core. */
export function toProgress({ waves, counts }: StoredRollout): WaveProgress[] {
  const ofWave = (wave: number) => counts.filter((count) => count.wave === wave);
  const gate = (openedAt: string | null) => ({
    reachedAt: null,
    openedAt: timeOf(openedAt) ?? null,
    announced: false,
  });
  return (waves ?? []).map(({ wave, targets, submitOpenedAt, releaseOpenedAt }) => ({
    wave,
    targets,
    counts: ofWave(wave).map((count) => ({
      ...count,
      step: nameOf(count.step),
      state: count.state as TargetState,
      waitsFor: (count.waitsFor || null) as Wait | null,
    })),
    submit: gate(submitOpenedAt),
    release: gate(releaseOpenedAt),
  }));
}

const STEPS = Object.fromEntries(
  Object.entries(STEP_NUMBERS).map(([step, number]) => [number, step]),
) as Record<number, Step>;

/** The step of a number of RolloutStep. */
export function nameOf(step: number): Step {
  const name = STEPS[step];
  if (name === undefined) throw new Error(`unknown step ${step}`);
  return name;
}

/** @param state without the prefix of RolloutTargetState. */
export function stateOf(state: string): RolloutTargetState {
  return RolloutTargetState[`ROLLOUT_TARGET_STATE_${state}` as keyof typeof RolloutTargetState];
}

/** @param wait without the prefix of RolloutWait; empty or null for none. */
export function waitOf(wait: string | null): RolloutWait {
  return RolloutWait[`ROLLOUT_WAIT_${wait || 'UNSPECIFIED'}` as keyof typeof RolloutWait];
}

/** The message of an entry of the journal. */
export function toChange(stored: StoredChange): RolloutChange {
  const { seq, type, at, gate, ...same } = stored;
  return {
    ...same,
    seq: BigInt(seq),
    type: RolloutChangeType[`ROLLOUT_CHANGE_TYPE_${type}`],
    time: at,
    gate: RolloutGateType[`ROLLOUT_GATE_TYPE_${gate ?? 'UNSPECIFIED'}`],
  };
}

/** The message of a failure group. */
export function toFailure({ state, step, error, ...same }: FailureGroup): RolloutFailure {
  const { hint, retryable } = OperationError.fromJSON(error ?? {});
  return { ...same, state: stateOf(state), step: rolloutStepFromJSON(step), hint, retryable };
}

/** A rollout for a stream, without `spec.ext_json`, with the targets that moved most recently. */
export function toWatched(stored: StoredRollout): WatchRolloutResponse {
  const rollout = toRollout(stored);
  const spec = rollout.spec && { ...rollout.spec, extJson: '' };
  return {
    rollout: { ...rollout, spec },
    latest: stored.recent.map((target) => RolloutTarget.fromJSON(target)),
  };
}
