import type {
  CancelOperationRequest,
  Duration,
  GetAuditRequest,
  GetAuthorizerRequest,
  GetOperationRequest,
  ImportAuthorizerRequest,
  LiftApiStopRequest,
  ListAuditsRequest,
  ListAuthorizersRequest,
  ListLanesRequest,
  ListOperationsRequest,
  ListTrailRequest,
  RemoveAuthorizerRequest,
  ResolveOperationRequest,
  SetAuthorizerLabelsRequest,
  WaitOperationRequest,
  WatchOperationsRequest,
} from '@wxa/contracts';
import { AuditState, METHODS, problem } from '@wxa/contracts';
import {
  appid,
  type Check,
  characters,
  cut,
  each,
  elements,
  field,
  isUuid,
  known,
  manyLines,
  noFormat,
  number,
  oneLine,
  optional,
  type Rule,
  required,
  specified,
  violationsBy,
} from '@wxa/methods';
import { invalidRequest, rpcError } from '../errors/rpc-error.js';
import { listOf as auditsOf } from './list-audits.js';
import { listOf as authorizersOf } from './list-authorizers.js';
import { LANES } from './list-lanes.js';
import { listOf as operationsOf } from './list-operations.js';
import { listOf as trailOf } from './list-trail.js';
import { pageOf } from './page-token.js';
import { APIS } from './platform-status.js';

const notNegative: Check<Duration | undefined> = (duration) => {
  if (duration === undefined || (duration.seconds >= 0n && duration.nanos >= 0 && duration.nanos < 1e9))
    return undefined;
  return problem('DURATION_NEGATIVE', { seconds: duration.seconds, nanos: duration.nanos });
};

const method: Check<string> = (name) => (Object.hasOwn(METHODS, name) ? undefined : problem('NOT_A_METHOD'));

const OLDEST_MS = Date.parse('0001-01-01T00:00:00Z');
const NEWEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

const time: Check<Date | undefined> = (date) =>
  date === undefined || (date.getTime() >= OLDEST_MS && date.getTime() <= NEWEST_MS)
    ? undefined
    : problem('TIME_OUT_OF_RANGE');

const afterIsEarlier: Check<ListOperationsRequest> = ({ createTimeAfter, createTimeBefore }) =>
  createTimeAfter !== undefined && createTimeBefore !== undefined && createTimeAfter >= createTimeBefore
    ? problem('TIME_NOT_LATER')
    : undefined;

/** Its error does not quote the text: it may be a secret. */
const refreshToken: Check<string> = (text) => {
  if (/^[\x21-\x7e]{1,512}$/.test(text)) return undefined;
  return problem(text === '' ? 'REQUIRED' : 'NOT_A_REFRESH_TOKEN');
};

const auditState: Check<string> = (state) =>
  state === AuditState.AUDIT_STATE_DELAYED ? problem('STATE_DELAYED') : undefined;

const onlyOpenIsDelayed: Check<ListAuditsRequest> = ({ delayed, state }) =>
  !delayed || [AuditState.AUDIT_STATE_UNSPECIFIED, AuditState.AUDIT_STATE_PENDING].includes(state)
    ? undefined
    : problem('DELAYED_STATE');

const api: Check<string> = (path) => {
  if (path === '') return problem('REQUIRED');
  return APIS.includes(path) ? undefined : problem('NOT_AN_API');
};

const id: Rule<{ id: string }> = field('id', (r) => r.id, required);
const ofAppid: Rule<{ appid: string }> = field('appid', (r) => r.appid, appid);

const MAX_LABELS = 20;
const labels: Rule<{ labels: string[] }>[] = [
  field('labels', (r) => r.labels, elements(0, MAX_LABELS)),
  each(
    'labels',
    (r) => r.labels,
    MAX_LABELS,
    field('', (label) => label, characters(1, 50), oneLine, noFormat),
  ),
];

const LIMITS = {
  GetOperation: [id] as Rule<GetOperationRequest>[],
  ListOperations: [
    field('appid', (r) => r.appid, optional(appid)),
    field('state', (r) => r.state, known),
    field('method', (r) => r.method, optional(method)),
    field('page_size', (r) => r.pageSize, number(0, 500)),
    field('page_token', (r) => r, pageOf(operationsOf)),
    field('create_time_after', (r) => r.createTimeAfter, time),
    field('create_time_before', (r) => r.createTimeBefore, time),
    field('create_time_before', (r) => r, afterIsEarlier),
  ] as Rule<ListOperationsRequest>[],
  ListLanes: [
    field('page_size', (r) => r.pageSize, number(0, 500)),
    field(
      'page_token',
      (r) => r,
      pageOf(() => LANES),
    ),
  ] as Rule<ListLanesRequest>[],
  WaitOperation: [id, field('timeout', (r) => r.timeout, notNegative)] as Rule<WaitOperationRequest>[],
  WatchOperations: [field('appid', (r) => r.appid, optional(appid))] as Rule<WatchOperationsRequest>[],
  CancelOperation: [
    id,
    field('reason', (r) => r.reason, characters(0, 2000), manyLines, noFormat),
  ] as Rule<CancelOperationRequest>[],
  ResolveOperation: [
    id,
    field('resolution', (r) => r.resolution, specified),
    field('resolved_by', (r) => r.resolvedBy, characters(1, 200), oneLine, noFormat),
    field('reason', (r) => r.reason, characters(1, 2000), manyLines, noFormat),
    field('audit_id', (r) => r.auditId, number(0n)),
  ] as Rule<ResolveOperationRequest>[],
  GetAuthorizer: [ofAppid] as Rule<GetAuthorizerRequest>[],
  ListAuthorizers: [
    field('state', (r) => r.state, known),
    field('page_size', (r) => r.pageSize, number(0, 500)),
    field('page_token', (r) => r, pageOf(authorizersOf)),
    ...labels,
  ] as Rule<ListAuthorizersRequest>[],
  ImportAuthorizer: [
    ofAppid,
    field('refresh_token', (r) => r.refreshToken, refreshToken),
  ] as Rule<ImportAuthorizerRequest>[],
  RemoveAuthorizer: [ofAppid] as Rule<RemoveAuthorizerRequest>[],
  SetAuthorizerLabels: [ofAppid, ...labels] as Rule<SetAuthorizerLabelsRequest>[],
  ListAudits: [
    field('state', (r) => r.state, known, auditState),
    field('appid', (r) => r.appid, optional(appid)),
    field('delayed', (r) => r, onlyOpenIsDelayed),
    field('submitted_before', (r) => r.submittedBefore, time),
    field('page_size', (r) => r.pageSize, number(0, 500)),
    field('page_token', (r) => r, pageOf(auditsOf)),
  ] as Rule<ListAuditsRequest>[],
  GetAudit: [ofAppid, field('audit_id', (r) => r.auditId, number(1n))] as Rule<GetAuditRequest>[],
  ListTrail: [
    field('since', (r) => r.since, time),
    field('action', (r) => r.action, characters(0, 100)),
    field('caller', (r) => r.caller, characters(0, 300)),
    field('appid', (r) => r.appid, optional(appid)),
    field('page_size', (r) => r.pageSize, number(0, 500)),
    field('page_token', (r) => r, pageOf(trailOf)),
  ] as Rule<ListTrailRequest>[],
  LiftApiStop: [
    field('api', (r) => r.api, api),
    field('on_behalf_of', (r) => r.onBehalfOf, characters(0, 200), oneLine, noFormat),
    field('reason', (r) => r.reason, characters(0, 2000), manyLines, noFormat),
  ] as Rule<LiftApiStopRequest>[],
};

/**
 * Throws an RpcError that lists all violations of a request of Operations, Authorizers, Audits or Platform. An id that is not a UUID is
 * unknown.
 */
export function refuseInvalid<R extends keyof typeof LIMITS>(
  rpc: R,
  request: Parameters<(typeof LIMITS)[R][number]>[0],
): void {
  const rules: readonly Rule<typeof request>[] = LIMITS[rpc] as Rule<typeof request>[];
  const violations = violationsBy(rules, request);
  if (violations.length > 0) throw invalidRequest(violations);
  if ('id' in request && !isUuid(request.id)) throw unknownOperation(request.id);
}

/** The error for an unknown operation id. */
export function unknownOperation(id: string) {
  return rpcError('OPERATION_NOT_FOUND', `operation ${cut(id, 40)} not found`);
}
