import {
  type ApiStatus,
  type ApiStop,
  type Duration,
  GetAuditQuotaResponse,
  type LiftApiStopsRequest,
  type LiftApiStopsResponse,
  type OutboxStatus,
  type PlatformStatus,
  type StopApisRequest,
  type StopApisResponse,
  StopScope,
} from '@wxa/contracts';
import type { Limits } from '@wxa/limits';
import { apisIn, type StopScope as StoredScope } from '@wxa/methods';
import type { Actor } from '@wxa/postgres/trail';
import type { PlatformState } from '@wxa/store';
import { durationOf } from './duration.js';
import { tokenOwnerOf } from './list-authorizers.js';

const APPS = ['gateway', 'release-worker'] as const;

const NO_TOKENS: PlatformState['component'] = { ticketMs: null, tokenMs: null, tokenUntilMs: null };

/**
 * Converts the stored state of the platform to its message. Ages are computed with this process's clock. @param keepsTokens whether this
 * service renews the tokens; what it stored before it stopped doing so is no state of the platform.
 */
export function toPlatformStatus(
  state: PlatformState,
  keepsTokens: boolean,
  now = Date.now(),
): PlatformStatus {
  const { authorizers, auditQuota, audits, awaitingResolution } = state;
  const component = keepsTokens ? state.component : NO_TOKENS;
  const authorizersIn = (name: string) => authorizers.find((row) => row.state === name)?.count ?? 0;
  const inDoubt = state.operations.filter((row) => row.state === 'IN_DOUBT');
  return {
    ticketAge: ageOf(component.ticketMs, now),
    tokenAge: ageOf(component.tokenMs, now),
    tokenExpireTime: component.tokenUntilMs === null ? undefined : new Date(component.tokenUntilMs),
    authorizers: {
      authorized: authorizersIn('AUTHORIZED'),
      needsAuthorization: authorizersIn('NEEDS_AUTHORIZATION'),
      unauthorized: authorizersIn('UNAUTHORIZED'),
    },
    apis: state.apis.map(toApiStatus),
    outboxes: APPS.map((app) => outboxOf(state, app, now)),
    platformEvents: { ...outboxOf(state, 'gateway-events', now), app: 'gateway' },
    workers: state.workers,
    tokenOwner: tokenOwnerOf(keepsTokens),
    auditQuota: auditQuota === null ? undefined : toSnapshot(auditQuota),
    operationsInDoubt: inDoubt.reduce((sum, { count }) => sum + count, 0),
    operationsToResolve: awaitingResolution,
    openAudits: audits.open,
    delayedAudits: audits.delayed,
  };
}

function toApiStatus({ api, rate, setRate, stop, waiting }: PlatformState['apis'][number]): ApiStatus {
  return {
    api,
    callsPerSecond: rate ?? undefined,
    setCallsPerSecond: setRate ?? undefined,
    stop: stop === null ? undefined : toApiStop(stop),
    waitingOperations: waiting,
  };
}

function toApiStop({
  since,
  until,
  quota,
  operator,
}: NonNullable<PlatformState['apis'][number]['stop']>): ApiStop {
  return {
    startTime: since,
    endTime: until,
    errcode: quota?.errcode ?? 0,
    errmsg: quota?.errmsg ?? '',
    stoppedBy: operator?.by ?? '',
    reason: operator?.reason ?? '',
    scope: toScope(operator?.scope ?? null),
    onBehalfOf: operator?.onBehalfOf ?? '',
  };
}

function outboxOf({ outbox, quarantined }: PlatformState, app: string, now: number): OutboxStatus {
  const waiting = outbox.find(({ writer }) => writer === app);
  return {
    app,
    depth: waiting?.depth ?? 0,
    oldestAge: ageOf(waiting?.oldestMs ?? null, now),
    quarantined: quarantined.find(({ writer }) => writer === app)?.count ?? 0,
  };
}

function toSnapshot({ quota, atMs }: NonNullable<PlatformState['auditQuota']>) {
  return { quota: GetAuditQuotaResponse.fromJSON(quota), time: new Date(atMs) };
}

function ageOf(atMs: number | null, now: number): Duration | undefined {
  return atMs === null ? undefined : durationOf(now - atMs);
}

/** Stops the APIs of a scope, by default those of forward changes, or one API. The request has been checked. */
export async function stopApis(
  limits: Pick<Limits, 'stopByOperator'>,
  { scope: given, api, until = new Date(), reason }: StopApisRequest,
  by: Actor,
): Promise<StopApisResponse> {
  const scope = api === '' ? (storedScope(given) ?? 'FORWARD_CHANGES') : null;
  const apis = scope === null ? [api] : apisIn(scope);
  const stopped = await limits.stopByOperator(by, { apis, until, reason, scope });
  return { apis: stopped.map(({ api, until: endTime }) => ({ api, endTime })) };
}

/** Resumes the APIs of a scope that operators stopped, by default all of them, or one API, also one of which only a quota is exhausted. */
export async function liftApiStops(
  limits: Pick<Limits, 'lift' | 'liftOfOperators'>,
  { scope: given, api, reason }: LiftApiStopsRequest,
  by: Actor,
): Promise<LiftApiStopsResponse> {
  const scope = storedScope(given);
  const apis = scope === undefined ? null : apisIn(scope);
  const lifted = await (api === '' ? limits.liftOfOperators(by, apis, reason) : limits.lift(by, api, reason));
  const resumed = lifted.toSorted((a, b) => a.api.localeCompare(b.api));
  return { apis: resumed.map(({ api, waiting: dueOperations }) => ({ api, dueOperations })) };
}

function storedScope(scope: StopScope): StoredScope | undefined {
  if (scope === StopScope.STOP_SCOPE_UNSPECIFIED) return undefined;
  return scope.replace('STOP_SCOPE_', '') as StoredScope;
}

/** The message's scope of a stored one. */
function toScope(stored: string | null): StopScope {
  return StopScope[`STOP_SCOPE_${(stored as StoredScope | null) ?? 'UNSPECIFIED'}`];
}
