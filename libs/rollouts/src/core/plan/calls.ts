import { METHODS, type Method, type RequestOf } from '@wxa/contracts';
import { ROOMS, type Room } from '@wxa/methods';
import { grayStepsOf, pipelineOf } from '../pipeline.js';
import { checksOf } from '../requests/parts.js';
import { requestOf, type TargetRequest } from '../requests/request-of.js';
import type { RolloutContext } from '../rollout.js';
import type { FirstTarget, Step, Target } from '../target.js';

type Context = Pick<RolloutContext, 'id' | 'spec' | 'isRollback'>;

/** The number of parts of a step in the usual course: no refusals, every look shows the result. */
const PARTS: Record<Step, (target: Target, context: Context) => number> = {
  READINESS: () => 0,
  COMMIT: () => 1,
  // What the settings of each mini-program name is not known here.
  SETTINGS: () => 0,
  CHECK: (target, { spec }) => checksOf(target, spec).length,
  SUBMIT_AUDIT: () => 1,
  AUDIT: () => 0,
  RELEASE: (_, { spec }) => grayStepsOf(spec).length + 1,
  ROLL_BACK: () => 1,
  VERIFY: () => 1,
};

/** The usual target of a rollback has a release to revert. */
const RELEASED: FirstTarget = {
  step: 'VERIFY',
  auditId: null,
  grayShare: null,
  isReleased: true,
  auditState: null,
};

/** The APIs that the operations of one target call, each as often as it is called, without speed-up and retries. */
export function apisOfTarget(target: Target, context: Context): string[] {
  return pipelineOf(context.spec, context.isRollback).flatMap((step) => {
    const parts = Array.from({ length: PARTS[step](target, context) }, (_, part) => part);
    return parts.flatMap((part) => {
      const facts = { first: RELEASED, settings: null };
      const request = requestOf({ ...target, checkedItems: [], step, part }, context, facts);
      return request === undefined ? [] : apisOf(request);
    });
  });
}

/** The APIs of a speed-up. */
export const apisOfSpeedUp = (target: Target, context: Context): string[] => {
  const request = requestOf({ ...target, step: 'AUDIT', part: 0 }, context, { first: null, settings: null });
  return request === undefined ? [] : apisOf(request);
};

/** The APIs of one operation: its preconditions, the read that makes it safe to retry, and the call itself. */
function apisOf({ method, request }: TargetRequest): string[] {
  return apisOfRoom(ROOMS[method] as Room<Method>, METHODS[method].request.fromJSON(request));
}

function apisOfRoom(room: Room<Method>, request: RequestOf<Method>): string[] {
  const { preconditions = [], reconcile, api } = room;
  const reads = [
    ...preconditions
      .filter(({ applies }) => applies(request as never))
      .map((precondition) => precondition.api),
    ...(reconcile?.snapshot === undefined ? [] : [reconcile.api]),
  ];
  return [...reads, api];
}
