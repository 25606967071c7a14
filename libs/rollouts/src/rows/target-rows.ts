import { mayBeUsed } from '@wxa/authorizers';
import { AuditItem, OperationError, type OperationStateName } from '@wxa/contracts';
import { errorTitle } from '../core/failures/error-title.js';
import type { TurnTarget } from '../core/messages/target-of.js';
import { shownError } from '../core/rollout-target.js';
import {
  type AuditFacts,
  type Authorization,
  type Facts,
  STEP_NUMBERS,
  stepOfNumber,
  type Target,
} from '../core/target.js';
import type { Turn } from './turn.js';
import type { TurnFacts } from './turn-targets.js';
import type { WrittenTarget } from './write-turn.js';

/** The permission set of code management. */
const CODE_PERMISSION_SET = 18;

/** The row of a target. */
export function rowOf(target: Target): WrittenTarget {
  const { error } = target;
  const shown = shownError(target);
  return {
    ...target,
    step: STEP_NUMBERS[target.step],
    error: error && OperationError.toJSON(error),
    reason: shown?.reason || null,
    errcode: shown?.errcode || null,
    errorTitle: shown && errorTitle(shown),
    items: target.items?.map((item) => AuditItem.toJSON(item)) ?? null,
    checkedItems: target.checkedItems?.map((item) => AuditItem.toJSON(item)) ?? null,
  };
}

/** @param checksAuthorization whether this service keeps the authorizations: the token source is `component`. */
export function factsOf(row: TurnTarget, facts: TurnFacts, checksAuthorization: boolean): Facts {
  const { operation, audit, first } = facts;
  return {
    operation: operation === null ? (row.operationId === null ? null : 'deleted') : operationOf(operation),
    audit: audit && {
      ...audit,
      state: audit.state as AuditFacts['state'],
      submittedAt: new Date(audit.submittedAt),
      delayedAt: timeOf(audit.delayedAt),
    },
    hasOtherOpenAudit: facts.hasOtherOpenAudit,
    isHeldElsewhere: facts.isHeldElsewhere,
    authorization: checksAuthorization ? authorizationOf(facts.authorizer) : 'UNKNOWN',
    first: first && {
      ...first,
      step: stepOfNumber(first.step),
      auditState: first.auditState as AuditFacts['state'] | null,
    },
  };
}

/** The same of the rollout; read only if an operation failed without a token, which hardly any turn sees. */
export async function platformTokenSince(
  turn: Turn,
  { platform, checksAuthorization }: { platform: string; checksAuthorization: boolean },
): Promise<Date | null | undefined> {
  if (!checksAuthorization) return undefined;
  const isAsked = turn.woken.some(
    ({ facts: { operation } }) =>
      operation !== null && errorOf(operation.error)?.reason === 'TOKEN_UNAVAILABLE',
  );
  if (!isAsked) return undefined;
  const token = await turn.platformToken(platform);
  return token !== undefined && mayBeUsed(token) ? token.since : null;
}

function operationOf(operation: TurnFacts['operation'] & object) {
  return {
    ...operation,
    state: operation.state as OperationStateName,
    error: errorOf(operation.error),
    endedAt: timeOf(operation.endedAt),
  };
}

/** Unknown permission sets are those of an authorization that WeChat has not described yet. */
function authorizationOf(authorizer: TurnFacts['authorizer']): Authorization {
  if (authorizer?.state !== 'AUTHORIZED') return 'NOT_AUTHORIZED';
  const { permissionSets } = authorizer;
  return permissionSets === null || permissionSets.includes(CODE_PERMISSION_SET)
    ? 'AUTHORIZED'
    : 'NO_PERMISSION_SET_18';
}

const errorOf = (json: unknown) => (json === null ? null : OperationError.fromJSON(json));
const timeOf = (text: string | null) => (text === null ? null : new Date(text));
