import { RolloutHold } from '@wxa/contracts';
import { type NewOperation, ownOperation } from '@wxa/operations';
import { admission } from '../core/advance/admission.js';
import { type AdmissionPlan, admit, openWaveOf, type StepRoom } from '../core/decide/admit.js';
import { pendingOf } from '../core/decide/counts.js';
import { holdChanges, holds } from '../core/decide/holds.js';
import { addToTally } from '../core/decide/stop-rules.js';
import type { TargetRequest } from '../core/requests/request-of.js';
import { type Candidate, STEP_NUMBERS } from '../core/target.js';
import type { JournalEntry } from '../rows/journal.js';
import { TURN_SIZE } from '../rows/take-turn.js';
import { countReading, pendingTargets } from '../rows/turn-targets.js';
import type { Moved } from './move.js';
import { progressOf, type Turn } from './read.js';
import { limitsAfter } from './turn-limits.js';

/**
 * Of the requests of one turn, in characters: a request has up to 256 KiB (`ext_json`), and hundreds of them would take longer than
 * Postgres lets a turn be.
 */
const MAX_REQUESTS = 4 * 1024 * 1024;

/** How many targets may wait for a read of their mini-programs: reads have a low rate, which those that events ask for need too. */
const MAX_READING = 200;

interface Admissions {
  operations: NewOperation[];
  /** Whether more may be admitted at once, by another turn. */
  isMore: boolean;
}

export interface Admitted extends Moved, Admissions {
  /** What prevents further admissions. */
  holds: RolloutHold[];
}

/** Admits PENDING targets, as far as limits and open gates allow: they get their next operations, which are yet to be accepted. */
export async function admitTargets(moved: Moved): Promise<Admitted> {
  const { moves, context } = moved;
  const earlier = moves.results.length;
  const isMoreReady = await compareReadiness(moved);
  const before = progressOf(moved);
  const limits = await limitsAfter(moved, before);
  const admissions = await admitPlanned(moved, admit(context, before, limits));
  admissions.isMore ||= isMoreReady;
  // The stop rules of the next turn see them.
  const tally = addToTally(moved.tally, moves.results.slice(earlier));
  const turn = { ...moved, ...admissions, limits, tally };
  const progress = progressOf(turn);
  const after = holds(context, progress, limits, turn.rollout.now);
  const { began, cleared } = holdChanges(progress.holds, after);
  const entries = [
    ...cleared.map((hold) => holdEntry('HOLD_CLEARED', hold)),
    ...began.map((hold) => holdEntry('HELD', hold)),
  ];
  return { ...turn, holds: after, journal: [...turn.journal, ...entries] };
}

const holdEntry = (type: 'HELD' | 'HOLD_CLEARED', hold: RolloutHold): JournalEntry => ({
  ...{ type, reason: hold.detail, args: { hold: RolloutHold.toJSON(hold) } },
});

/** Moves the first PENDING targets of READINESS, which need no room; false if none moved, or others wait for their reads. */
async function compareReadiness(turn: Moved): Promise<boolean> {
  const { context, moves, rollout } = turn;
  if (context.state !== 'RUNNING' || context.spec.readiness === undefined) return false;
  const progress = progressOf(turn);
  const maxWave = openWaveOf('READINESS', context, progress);
  if (pendingOf(progress.waves, 'READINESS', maxWave) === 0) return false;
  const limit = MAX_READING - moves.reading - (await countReading(turn, moves.positions));
  const candidates = limit > 0 ? await candidatesOf(turn, { step: 'READINESS', maxWave, limit }) : [];
  const before = moves.results.length;
  for (const candidate of candidates)
    moves.apply(candidate, admission(candidate.target, candidate.facts, context, rollout.now).move);
  return moves.results.length > before;
}

async function admitPlanned(turn: Turn, plan: AdmissionPlan): Promise<Admissions> {
  const { moves, context, rollout } = turn;
  const operations: NewOperation[] = [];
  let { room, speedUps } = plan;
  let isMore = false;
  let size = 0;
  for (const step of plan.steps) {
    if (room === 0) break;
    for (const candidate of await candidatesOf(turn, { ...step, limit: Math.min(step.limit, room) })) {
      if (room === 0) break;
      const { target, facts } = candidate;
      const canSpeedUp = target.step === 'AUDIT' && speedUps > 0;
      const admitted = admission(target, facts, { ...context, canSpeedUp }, rollout.now);
      if (admitted.kind === 'no-operation') {
        moves.apply(candidate, admitted.move);
        isMore = true;
        continue;
      }
      const operation = operationOf(turn, admitted.request);
      moves.apply(candidate, {
        ...admitted.move,
        target: { ...admitted.move.target, operationId: operation.id },
      });
      operations.push(operation);
      if (canSpeedUp) speedUps -= 1;
      size += operation.request.length;
      isMore ||= size > MAX_REQUESTS;
      room = size > MAX_REQUESTS ? 0 : room - 1;
    }
  }
  return { operations, isMore: isMore || operations.length >= TURN_SIZE };
}

/** The first PENDING targets of a step, by wave and position: those of this turn and those that are stored. */
async function candidatesOf(turn: Turn, { step, maxWave, limit }: StepRoom): Promise<Candidate[]> {
  const { moves } = turn;
  const not = moves.positions;
  const stored = await pendingTargets(turn, { step: STEP_NUMBERS[step], maxWave, limit, not });
  return [...moves.pending(step, maxWave), ...stored]
    .sort((a, b) => a.target.wave - b.target.wave || a.target.position - b.target.position)
    .slice(0, limit);
}

function operationOf({ rollout }: Turn, { method, requestId, request }: TargetRequest): NewOperation {
  const { id, actingCaller, actingOnBehalfOf } = rollout;
  return {
    ...ownOperation(method, { ...request, requestId, appid: String(request.appid) }),
    acceptedBy: actingCaller === '' ? null : actingCaller,
    onBehalfOf: actingOnBehalfOf === '' ? null : actingOnBehalfOf,
    rolloutId: id,
  };
}
