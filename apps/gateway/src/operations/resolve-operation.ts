import {
  ErrorCategory,
  OperationError,
  outcomeEvent,
  Resolution,
  type ResolveOperationRequest,
  resultToJSON,
} from '@wxa/contracts';
import { cut } from '@wxa/methods';
import type {
  AuditEffect,
  ClaimedOperation,
  OperationEntity,
  OutboxEvent,
  Resolve,
  Resolved,
} from '@wxa/store';
import { SOURCE } from '../config.js';
import { invalidRequest, type RpcError, rpcError } from '../grpc/rpc-error.js';

/** What a person's word makes of an operation in doubt. Throws a Fault where the audit id does not fit. */
export function decide(request: ResolveOperationRequest, operation: OperationEntity): Resolved {
  refuseAuditId(request, operation);
  if (request.resolution === Resolution.RESOLUTION_RETRY)
    return { state: 'RETRYING', error: null, result: null, auditEffect: null };
  return request.resolution === Resolution.RESOLUTION_DONE
    ? done(operation, request.auditId)
    : notDone(operation);
}

/** The Fault for whoever comes too late; names who was first, where it was a person. */
export function notInDoubt({ operation, resolvedBy }: Extract<Resolve, { kind: 'not-in-doubt' }>): RpcError {
  const by = resolvedBy === null ? '' : `; ${cut(resolvedBy, 200)} settled it`;
  const message = `operation ${operation.id} is ${operation.state}, not in doubt${by}`;
  return rpcError('OPERATION_NOT_IN_DOUBT', message);
}

/** The outcome of what was resolved. */
export function eventOf(operation: ClaimedOperation): OutboxEvent {
  return outcomeEvent(operation, operation.fence, SOURCE, new Date());
}

function refuseAuditId({ resolution, auditId }: ResolveOperationRequest, { method }: OperationEntity): void {
  const needed = method === 'SubmitAudit' && resolution === Resolution.RESOLUTION_DONE;
  if (auditId > 0n === needed) return;
  const description = needed
    ? "required: WeChat's audit id of the SubmitAudit that was done"
    : `must be 0 unless a SubmitAudit is settled as done, is ${auditId}`;
  throw invalidRequest([{ field: 'audit_id', description }]);
}

function done(operation: OperationEntity, auditId: bigint): Resolved {
  const submitted = operation.method === 'SubmitAudit';
  const result = submitted ? resultToJSON({ $case: 'submitAudit', value: { auditId } }) : null;
  return {
    state: 'SUCCEEDED',
    error: null,
    result: result === null ? null : JSON.stringify(result),
    auditEffect: submitted ? opened(operation, auditId) : withdrawn(operation),
  };
}

function opened({ startedAt, createdAt }: OperationEntity, auditId: bigint): AuditEffect {
  return { kind: 'opened', auditId: String(auditId), submittedAt: startedAt ?? createdAt };
}

function withdrawn({ method }: OperationEntity): AuditEffect | null {
  if (method !== 'UndoAudit') return null;
  const told = { reason: '', screenshots: [], originalId: '' };
  return {
    kind: 'withdrawn',
    auditId: undefined,
    verdict: { state: 'WITHDRAWN', source: 'OPERATION', decidedAt: new Date(), ...told },
  };
}

function notDone({ method }: OperationEntity): Resolved {
  const error = OperationError.toJSON({
    errcode: 0,
    errmsg: 'a person found that WeChat did not do it',
    rid: '',
    reason: 'RESOLVED_NOT_DONE',
    category: ErrorCategory.ERROR_CATEGORY_STATE,
    retryable: true,
    hint: 'Send it as a new request if it is still wanted.',
  });
  const auditEffect: AuditEffect | null = method === 'SubmitAudit' ? { kind: 'not-opened' } : null;
  return { state: 'FAILED', error: JSON.stringify(error), result: null, auditEffect };
}
