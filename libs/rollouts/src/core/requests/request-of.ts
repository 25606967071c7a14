import { METHODS, type Method } from '@wxa/contracts';
import { grayStepsOf } from '../pipeline.js';
import type { RolloutContext } from '../rollout.js';
import type { FirstTarget, Step, Target } from '../target.js';
import { type Check, checkAt, checksOf, itemsOf } from './checks.js';
import { mergeExtJson } from './ext-json.js';
import { rollBackMethod, SUBMIT_PART } from './parts.js';

/** The next operation of a target. */
export interface TargetRequest {
  method: Method;
  /** The idempotency key; at most 60 characters. */
  requestId: string;
  /** Proto3 JSON of the method's request, with `appid` and `requestId`, valid by the method's own rules. */
  request: Record<string, unknown>;
}

type Context = Pick<RolloutContext, 'id' | 'spec' | 'isRollback'>;

/** An operation without appid and idempotency key. */
interface StepRequest {
  method: Method;
  /** Its name in the idempotency key: `commit`, `check0`, `gray1` … */
  operation: string;
  /** Proto3 JSON of the other fields. */
  fields: object;
}

/**
 * The next operation of a PENDING target; undefined if its step has none.
 * @param first how far the first rollout got; null if this is not a rollback.
 */
export function requestOf(
  target: Target,
  context: Context,
  first: FirstTarget | null,
): TargetRequest | undefined {
  const request = STEPS[target.step](target, context, first);
  if (request === undefined) return undefined;
  const { method, operation, fields } = request;
  const requestId = `rollout-${context.id}-${operation}-${target.attempt}`;
  return { method, requestId, request: toJson(method, { appid: target.appid, requestId, ...fields }) };
}

/** The request of COMMIT, as it was or would be sent. */
export const commitRequest = (target: Target, context: Context): TargetRequest | undefined =>
  requestOf({ ...target, step: 'COMMIT', part: 0 }, context, null);

/** The request of SUBMIT_AUDIT, as it was or would be sent; without items while a rule has not built them. */
export function submitAuditRequest(target: Target, context: Context): TargetRequest | undefined {
  const checkedItems = target.checkedItems ?? [];
  return requestOf({ ...target, checkedItems, step: 'SUBMIT_AUDIT', part: 0 }, context, null);
}

type Build = (target: Target, context: Context, first: FirstTarget | null) => StepRequest | undefined;

const STEPS: Record<Step, Build> = {
  COMMIT: ({ appid, extPatch }, { spec }) => ({
    method: 'Commit',
    operation: 'commit',
    fields: {
      templateId: String(spec.templateId),
      extJson: mergeExtJson(spec.extJson, extPatch, appid),
      userVersion: spec.userVersion,
      userDesc: spec.userDesc,
    },
  }),
  CHECK: (target, { spec }) => {
    const check = checkAt(target.part, checksOf(target, spec));
    return check && query(CHECK_METHODS[check], `check${target.part}`);
  },
  SUBMIT_AUDIT: (target, { spec }) => {
    if (target.part === SUBMIT_PART.UNDO) return { method: 'UndoAudit', operation: 'undo', fields: {} };
    if (target.part === SUBMIT_PART.LOOK) return query('GetLatestAuditStatus', 'check0');
    const items = itemsOf(target, spec);
    return items && { method: 'SubmitAudit', operation: 'submit', fields: submitFields(items, spec) };
  },
  AUDIT: ({ auditId }) => ({
    method: 'SpeedUpAudit',
    operation: 'speedup',
    fields: { auditId: auditId ?? '0' },
  }),
  RELEASE: ({ part, auditId }, { spec }) => {
    const expected = { expectedAuditId: auditId ?? '0', expectedUserVersion: spec.userVersion };
    const gray = grayStepsOf(spec)[part];
    if (gray === undefined) return { method: 'Release', operation: 'release', fields: expected };
    const { percentage, supportDebuggerFirst, supportExperiencerFirst } = gray;
    const fields = { percentage, supportDebuggerFirst, supportExperiencerFirst, ...expected };
    return { method: 'GrayRelease', operation: `gray${part}`, fields };
  },
  ROLL_BACK: ({ part }, { spec }, first) => {
    const method = rollBackMethod(part, first, spec.rollbackOptions);
    if (method === undefined) return undefined;
    const expected =
      method === 'RevertRelease'
        ? { expectedUserVersion: spec.userVersion }
        : { expectedAuditId: first?.auditId ?? '0' };
    return { method, operation: `rollback${part}`, fields: expected };
  },
  VERIFY: ({ part }) => query('GetVersionInfo', `verify${part}`),
};

/** The query of each check. */
export const CHECK_METHODS: Record<Check, Method> = {
  BASELINE: 'GetVersionInfo',
  PAGES: 'ListPages',
  CATEGORIES: 'ListCategories',
  PRIVACY: 'GetPrivacyCheck',
};

const query = (method: Method, operation: string): StepRequest => ({ method, operation, fields: {} });

function submitFields(items: unknown[], { audit, userVersion }: Context['spec']): Record<string, unknown> {
  return {
    items,
    versionDesc: audit?.versionDesc,
    feedbackInfo: audit?.feedbackInfo,
    privacyApiNotUsed: audit?.privacyApiNotUsed,
    orderPath: audit?.orderPath,
    ugcDeclaration: audit?.ugcDeclaration,
    waitForPrivacyCheck: true,
    expectedUserVersion: userVersion,
    failWithoutQuota: true,
  };
}

/** The JSON as the message type writes it, so that it equals that of a caller's request. */
function toJson(method: Method, fields: Record<string, unknown>): Record<string, unknown> {
  const { request } = METHODS[method] as { request: ReadWriteJson };
  return request.toJSON(request.fromJSON(fields)) as Record<string, unknown>;
}

interface ReadWriteJson {
  fromJSON(object: unknown): unknown;
  toJSON(message: unknown): unknown;
}
