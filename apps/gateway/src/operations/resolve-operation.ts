import type { AuditEffect } from '@wxa/audits';
import {
  type CloudEvent,
  changesLive,
  ErrorCategory,
  OperationError,
  outcomeEvent,
  Resolution,
  type ResolveOperationRequest,
  resultToJSON,
} from '@wxa/contracts';
import { cut } from '@wxa/methods';
import type { ClaimedOperation, Resolve, Resolved, StoredOperation } from '@wxa/operations';
import { GATEWAY_SOURCE } from '../config.js';
import { invalidField, type RpcError, rpcError } from '../errors/rpc-error.js';

/**
 * The new state of an operation in doubt after an operator's decision. Throws an RpcError if the audit id is invalid.
 */
export function decideResolution(request: ResolveOperationRequest, operation: ClaimedOperation): Resolved {
  checkAuditId(request, operation);
  if (request.resolution === Resolution.RESOLUTION_RETRY)
    return { state: 'RETRYING', error: null, result: null, auditEffect: notOpened(operation) };
  return request.resolution === Resolution.RESOLUTION_DONE
    ? executed(operation, request.auditId)
    : notExecuted(operation);
}

/** The error for an operation that is not in doubt; names the operator who resolved it, if there was one. */
export function notInDoubt({ operation, resolvedBy }: Extract<Resolve, { kind: 'not-in-doubt' }>): RpcError {
  const by = resolvedBy === null ? '' : `; resolved by ${cut(resolvedBy, 200)}`;
  const message = `operation ${operation.id} is ${operation.state}, not in doubt${by}`;
  return rpcError('OPERATION_NOT_IN_DOUBT', message);
}

/** The outcome event of an operation that a caller or an operator ended. */
export function eventOf(operation: StoredOperation): CloudEvent {
  return outcomeEvent(operation, operation.fence, GATEWAY_SOURCE, new Date());
}

function checkAuditId({ resolution, auditId }: ResolveOperationRequest, { method }: StoredOperation): void {
  const needed = method === 'SubmitAudit' && resolution === Resolution.RESOLUTION_DONE;
  if (auditId > 0n === needed) return;
  if (needed) throw invalidField('audit_id', 'AUDIT_ID_REQUIRED');
  throw invalidField('audit_id', 'AUDIT_ID_NOT_NEEDED', { actual: auditId });
}

function executed(operation: ClaimedOperation, auditId: bigint): Resolved {
  const submitted = operation.method === 'SubmitAudit';
  const result = submitted ? resultToJSON({ $case: 'submitAudit', value: { auditId } }) : null;
  return {
    state: 'SUCCEEDED',
    error: null,
    result: result === null ? null : JSON.stringify(result),
    auditEffect: submitted ? opened(operation, auditId) : effectOf(operation),
  };
}

function opened({ startedAt, createdAt }: StoredOperation, auditId: bigint): AuditEffect {
  return { kind: 'opened', auditId: String(auditId), submittedAt: startedAt ?? createdAt };
}

function effectOf({ method, snapshot }: ClaimedOperation): AuditEffect | null {
  if (changesLive(method)) return { kind: 'live' };
  if (method !== 'UndoAudit') return null;
  const noDetails = { reason: '', screenshots: [], originalId: '' };
  return {
    kind: 'withdrawn',
    auditId: snapshot?.auditId || undefined,
    decision: { state: 'WITHDRAWN', source: 'OPERATION', decidedAt: new Date(), ...noDetails },
  };
}

function notOpened({ method }: StoredOperation): AuditEffect | null {
  return method === 'SubmitAudit' ? { kind: 'not-opened' } : null;
}

function notExecuted(operation: StoredOperation): Resolved {
  const error = OperationError.toJSON({
    errcode: 0,
    errmsg: 'an operator found that WeChat did not execute it',
    rid: '',
    reason: 'RESOLVED_NOT_DONE',
    category: ErrorCategory.ERROR_CATEGORY_STATE,
    retryable: true,
    hint: 'If it is still needed, send it as a new request.',
    arguments: {},
  });
  return { state: 'FAILED', error: JSON.stringify(error), result: null, auditEffect: notOpened(operation) };
}
