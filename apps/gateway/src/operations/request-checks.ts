import {
  AuditState,
  type AuditsService,
  type AuthorizersService,
  type Duration,
  type ListAuditsRequest,
  type ListOperationsRequest,
  METHODS,
  type OperationsService,
  type PlatformService,
  problem,
  StopScope,
} from '@wxa/contracts';
import { LISTED_CHANGES } from '@wxa/limits';
import {
  APIS,
  appid,
  appidField,
  type Check,
  characters,
  cut,
  each,
  elements,
  field,
  idField,
  known,
  labelsFields,
  noFormat,
  number,
  onBehalfOfField,
  oneLine,
  optional,
  type RulesOf,
  reasonField,
  requiredReasonField,
  searchField,
  specified,
} from '@wxa/methods';
import { isListable } from '@wxa/policy';
import { rpcError } from '../errors/rpc-error.js';
import { auditsOf } from './list-audits.js';
import { authorizersOf } from './list-authorizers.js';
import { LANES } from './list-lanes.js';
import { operationsOf } from './list-operations.js';
import { readersOf } from './list-token-readers.js';
import { trailOf } from './list-trail.js';
import { pageFields } from './page-token.js';

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

/** One that this service calls, or the path of a call that the policy may list, or did. */
const api: Check<string> = (path) => {
  if (path === '') return problem('REQUIRED');
  const isKnown = path === LISTED_CHANGES || APIS.some((api) => api === path) || isListable(path);
  return isKnown ? undefined : problem('NOT_AN_API');
};

const inFuture: Check<Date | undefined> = (date) => {
  if (date === undefined) return problem('REQUIRED');
  return time(date) ?? (date.getTime() > Date.now() ? undefined : problem('TIME_NOT_FUTURE'));
};

const eitherScopeOrApi: Check<{ scope: StopScope; api: string }> = ({ scope, api: one }) =>
  one !== '' && scope !== StopScope.STOP_SCOPE_UNSPECIFIED ? problem('SCOPE_AND_API') : undefined;

const isStoppable: Check<StopScope> = (scope) =>
  scope === StopScope.STOP_SCOPE_UNDO_CHANGES ? problem('SCOPE_ONLY_LIFTED') : undefined;

export const OPERATION_RULES: RulesOf<typeof OperationsService> = {
  getOperation: [idField],
  listOperations: [
    field('appid', (r) => r.appid, optional(appid)),
    field('state', (r) => r.state, known),
    field('method', (r) => r.method, optional(method)),
    ...pageFields(operationsOf),
    field('create_time_after', (r) => r.createTimeAfter, time),
    field('create_time_before', (r) => r.createTimeBefore, time),
    field('create_time_before', (r) => r, afterIsEarlier),
    onBehalfOfField,
    field('user_version', (r) => r.userVersion, characters(0, 64)),
    // One that is no UUID is of no rollout.
    field('rollout_id', (r) => r.rolloutId, characters(0, 36)),
  ],
  listLanes: pageFields(() => LANES),
  waitOperation: [idField, field('timeout', (r) => r.timeout, notNegative)],
  watchOperations: [field('appid', (r) => r.appid, optional(appid))],
  cancelOperation: [idField, reasonField],
  resolveOperation: [
    idField,
    field('resolution', (r) => r.resolution, specified),
    field('resolved_by', (r) => r.resolvedBy, characters(1, 200), oneLine, noFormat),
    requiredReasonField,
    field('audit_id', (r) => r.auditId, number(0n)),
  ],
};

const MAX_REGISTERED = 1_000;

/** Without CreateAuthorizationLink, which is an operation. */
export const AUTHORIZER_RULES: RulesOf<Omit<typeof AuthorizersService, 'createAuthorizationLink'>> = {
  getAuthorizer: [appidField],
  listAuthorizers: [
    field('state', (r) => r.state, known),
    ...pageFields(authorizersOf),
    ...labelsFields,
    searchField,
  ],
  importAuthorizer: [appidField, field('refresh_token', (r) => r.refreshToken, refreshToken)],
  removeAuthorizer: [appidField],
  setAuthorizerLabels: [appidField, ...labelsFields],
  registerAuthorizers: [
    field('appids', (r) => r.appids, elements(1, MAX_REGISTERED)),
    each(
      'appids',
      (r) => r.appids,
      MAX_REGISTERED,
      field('', (one) => one, appid),
    ),
  ],
  renewToken: [appidField, requiredReasonField],
  syncAuthorizers: [],
  getAuthorizerSync: [field('id', (r) => r.id, number(0n))],
};

export const AUDIT_RULES: RulesOf<typeof AuditsService> = {
  listAudits: [
    field('state', (r) => r.state, known, auditState),
    field('appid', (r) => r.appid, optional(appid)),
    field('delayed', (r) => r, onlyOpenIsDelayed),
    field('submitted_before', (r) => r.submittedBefore, time),
    field('audit_id', (r) => r.auditId, number(0n)),
    ...pageFields(auditsOf),
  ],
  getAudit: [appidField, field('audit_id', (r) => r.auditId, number(1n))],
  getAuditSummary: [field('template_id', (r) => r.templateId ?? 0n, number(0n))],
};

export const PLATFORM_RULES: RulesOf<typeof PlatformService> = {
  getPlatformStatus: [],
  liftApiStop: [field('api', (r) => r.api, api), onBehalfOfField, reasonField],
  stopApis: [
    field('scope', (r) => r.scope, known, isStoppable),
    field('scope', (r) => r, eitherScopeOrApi),
    field('api', (r) => r.api, optional(api)),
    field('until', (r) => r.until, inFuture),
    requiredReasonField,
    onBehalfOfField,
  ],
  liftApiStops: [
    field('scope', (r) => r.scope, known),
    field('scope', (r) => r, eitherScopeOrApi),
    field('api', (r) => r.api, optional(api)),
    onBehalfOfField,
    reasonField,
  ],
  listCallbackNames: [],
  getForwards: [],
  listListedCalls: [],
  listTrail: [
    field('since', (r) => r.since, time),
    field('action', (r) => r.action, characters(0, 100)),
    field('caller', (r) => r.caller, characters(0, 300)),
    field('on_behalf_of', (r) => r.onBehalfOf, characters(0, 200)),
    field('appid', (r) => r.appid, optional(appid)),
    ...pageFields(trailOf),
  ],
  listTokenReaders: [
    // The platform's own appid may have any form.
    field('appid', (r) => r.appid, characters(0, 100)),
    field('caller', (r) => r.caller, characters(0, 40)),
    field('token_id', (r) => r.tokenId, characters(0, 8)),
    ...pageFields(readersOf),
  ],
};

/** The error for an unknown operation id. */
export function unknownOperation(id: string) {
  return rpcError('OPERATION_NOT_FOUND', `operation ${cut(id, 40)} not found`);
}
