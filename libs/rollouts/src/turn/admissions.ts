import { type NewOperation, ownOperation } from '@wxa/operations';
import { admission } from '../core/advance/admission.js';
import type { AdmissionPlan, StepRoom } from '../core/decide/admit.js';
import type { TargetRequest } from '../core/requests/request-of.js';
import type { RolloutContext } from '../core/rollout.js';
import { STEP_NUMBERS } from '../core/target.js';
import { TURN_SIZE } from '../rows/take-turn.js';
import type { Turn } from '../rows/turn.js';
import type { TargetWithFacts } from '../rows/turn-targets.js';
import type { Candidate, Moves } from './moves.js';

/**
 * Of the requests of one turn, in characters: a request has up to 256 KiB (`ext_json`), and hundreds of them would take longer than
 * Postgres lets a turn be.
 */
const MAX_REQUESTS = 4 * 1024 * 1024;

export interface Admissions {
  operations: NewOperation[];
  /** Whether more may be admitted at once, by another turn. */
  isMore: boolean;
}

interface Admitting {
  turn: Turn;
  context: RolloutContext;
  moves: Moves;
  plan: AdmissionPlan;
  toCandidate: (read: TargetWithFacts) => Candidate;
}

/** Admits PENDING targets, as far as the plan allows: they get their next operations, which are yet to be accepted. */
export async function admitTargets(given: Admitting): Promise<Admissions> {
  const { moves, plan, context, turn } = given;
  const operations: NewOperation[] = [];
  let { room, speedUps } = plan;
  let isMore = false;
  let size = 0;
  for (const step of plan.steps) {
    if (room === 0) break;
    for (const candidate of await candidatesOf(given, { ...step, limit: Math.min(step.limit, room) })) {
      if (room === 0) break;
      const { target, facts } = candidate;
      const canSpeedUp = target.step === 'AUDIT' && speedUps > 0;
      const admitted = admission(target, facts, { ...context, canSpeedUp }, turn.rollout.now);
      if (admitted.kind === 'no-operation') {
        moves.apply(candidate, admitted.move);
        isMore = true;
        continue;
      }
      const operation = operationOf(given, admitted.request);
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
async function candidatesOf(
  { turn, moves, toCandidate }: Admitting,
  { step, maxWave, limit }: StepRoom,
): Promise<Candidate[]> {
  const not = moves.positions;
  const stored = await turn.pending({ step: STEP_NUMBERS[step], maxWave, limit, not });
  return [...moves.pending(step, maxWave), ...stored.map(toCandidate)]
    .sort((a, b) => a.target.wave - b.target.wave || a.target.position - b.target.position)
    .slice(0, limit);
}

function operationOf(
  { turn, context }: Admitting,
  { method, requestId, request }: TargetRequest,
): NewOperation {
  const { actingCaller: caller, actingOnBehalfOf: onBehalfOf } = turn.rollout;
  return {
    ...ownOperation(method, { ...request, requestId, appid: String(request.appid) }),
    acceptedBy: caller === '' ? null : caller,
    onBehalfOf: onBehalfOf === '' ? null : onBehalfOf,
    rolloutId: context.id,
  };
}
