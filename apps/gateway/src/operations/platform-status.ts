import {
  type ApiStatus,
  type ApiStop,
  type Duration,
  GetAuditQuotaResponse,
  type OutboxStatus,
  type PlatformStatus,
} from '@wxa/contracts';
import { ROOMS } from '@wxa/methods';
import type { PlatformState } from '@wxa/store';
import { durationOf } from './duration.js';

/** Every API that this service calls for an operation, by name. */
export const APIS: readonly string[] = [...new Set(Object.values(ROOMS).map(({ api }) => api))].toSorted();

const APPS = ['gateway', 'release-worker'] as const;

/** Converts the stored state of the platform to its message. Ages are computed with this process's clock. */
export function toPlatformStatus(state: PlatformState, now = Date.now()): PlatformStatus {
  const { component, authorizers, auditQuota, audits, awaitingResolution } = state;
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
