import { OperationError } from '@wxa/contracts';
import type { StoredQuota } from '@wxa/limits';
import type { AuditMethod } from '@wxa/operations';
import { storable } from '@wxa/postgres';
import { inFlightOf } from '../core/decide/counts.js';
import type { MonthLimit, PlatformLimits, Progress, QuotaSnapshot, RolloutContext } from '../core/rollout.js';
import type { Turn } from '../rows/turn.js';
import { quotaReadAt } from './quota-decision.js';

const SUBMIT_API = 'wxa/submit_audit';
/** A read that is overdue wakes the rollout when it has an answer; this is the safety net. */
const OVERDUE_MS = 60_000;

/** While no submission waits. One that begins to wait in a turn is held by the next one, which reads the quota. */
export const NO_LIMITS: PlatformLimits = {
  quota: null,
  isQuotaRead: true,
  canReadQuota: true,
  quotaProblem: null,
  isJustLifted: false,
  otherSubmissions: 0,
  caller: null,
  callerAudits: null,
  callerSpeedUps: null,
  openAudits: 0,
  quotaReadAt: null,
  stops: [],
};

/** The limits on which the moves of a turn depend: those of speed-ups. */
export async function limitsBefore(
  turn: Turn,
  platform: string,
  { spec }: Pick<RolloutContext, 'spec'>,
): Promise<PlatformLimits> {
  if ((spec.auditBudget?.maxSpeedUps ?? 0) === 0) return NO_LIMITS;
  const quota = snapshotOf(await turn.quota(platform, { isLocked: false }));
  return { ...NO_LIMITS, quota, callerSpeedUps: await monthLimit(turn, 'SpeedUpAudit', { isLocked: false }) };
}

/** What the policy allows the acting caller in a month, and what it has; null without a limit. */
async function monthLimit(
  turn: Turn,
  method: AuditMethod,
  lock: { isLocked: boolean },
): Promise<MonthLimit | null> {
  const { actingCaller: name, mostAudits, mostSpeedUps } = turn.rollout;
  const most = method === 'SubmitAudit' ? mostAudits : mostSpeedUps;
  return most === null ? null : { name, most, used: await turn.auditsOfCaller(method, lock) };
}

/** How the moves of a turn used the quota. */
export interface QuotaMoves {
  /** When the submissions that succeeded ended. */
  submittedAt: readonly Date[];
  speedUps: number;
  isSpeedUpRefused: boolean;
}

/** What a turn has done before its admissions. */
export interface MovesOfTurn {
  moves: QuotaMoves;
  progress: Progress;
  context: Pick<RolloutContext, 'spec' | 'state'>;
  before: PlatformLimits;
}

/** Applies the moves of a turn to the audit quota and returns the limits of its admissions. What they count stays locked until it is committed. */
export async function limitsAfter(
  turn: Turn,
  options: { platform: string; checksAuthorization: boolean },
  given: MovesOfTurn,
): Promise<PlatformLimits> {
  const { progress, before } = given;
  const limits = await quotaAfter(turn, options, given);
  const lock = { isLocked: true };
  const audits = hasSubmissions(progress) ? await monthLimit(turn, 'SubmitAudit', lock) : null;
  const inFlight = inFlightOf(progress.waves, 'SUBMIT_AUDIT');
  return {
    ...limits,
    callerAudits: audits && { ...audits, used: audits.used - inFlight },
    callerSpeedUps: before.callerSpeedUps && (await monthLimit(turn, 'SpeedUpAudit', lock)),
  };
}

/** The quota is locked if it changes, or if submissions may be admitted. */
async function quotaAfter(
  turn: Turn,
  { platform, checksAuthorization }: { platform: string; checksAuthorization: boolean },
  { moves, progress, before, context }: MovesOfTurn,
): Promise<PlatformLimits> {
  const isChanged = moves.submittedAt.length > 0 || moves.speedUps > 0 || moves.isSpeedUpRefused;
  const isRunning = context.state === 'RUNNING';
  const caller = turn.rollout.callerLimit;
  if (!isChanged && !(isRunning && hasSubmissions(progress)))
    return { ...before, caller, stops: await turn.stops() };
  const stored = await turn.quota(platform, { isLocked: true });
  const after = stored && used(stored, moves);
  if (after !== undefined && after !== stored) await turn.writeQuotaUse(platform, after);
  const stops = await turn.stops();
  const stop = stops.find(({ api, byQuota }) => api === SUBMIT_API && byQuota) ?? null;
  const { now } = turn.rollout;
  const readAt = quotaReadAt(stored?.quota?.observedAt ?? null, stop, now);
  const reads = readAt > now ? undefined : await turn.quotaReads(platform);
  return {
    ...before,
    caller,
    quota: snapshotOf(after),
    isQuotaRead: stored?.isRead ?? false,
    canReadQuota: !checksAuthorization || (reads?.isAnyAuthorized ?? true),
    quotaProblem: reads?.error ? problemOf(OperationError.fromJSON(reads.error)) : null,
    isJustLifted: stored?.isJustLifted ?? false,
    otherSubmissions: await turn.otherSubmissions(),
    openAudits: (context.spec.auditBudget?.maxOpenAudits ?? 0) > 0 ? await turn.openAudits() : 0,
    quotaReadAt: readAt > now ? readAt : new Date(now.getTime() + OVERDUE_MS),
    stops,
  };
}

const problemOf = ({ errcode, reason, errmsg }: OperationError): string =>
  storable(`${errcode || reason}: ${errmsg}`);

const hasSubmissions = ({ waves, submitWave }: Progress): boolean =>
  waves.some(
    ({ wave, counts }) =>
      wave <= submitWave &&
      counts.some(
        ({ step, state, targets }) => step === 'SUBMIT_AUDIT' && state === 'PENDING' && targets > 0,
      ),
  );

/** The same object if nothing changed. */
function used(stored: StoredQuota, moves: QuotaMoves): StoredQuota {
  let { submittedSince, speedupRest } = stored;
  for (const submittedAt of moves.submittedAt)
    if (stored.quota === null || submittedAt > stored.quota.observedAt) submittedSince += 1;
  if (speedupRest > 0) speedupRest = Math.max(0, speedupRest - moves.speedUps);
  if (moves.isSpeedUpRefused) speedupRest = -1;
  const isSame = submittedSince === stored.submittedSince && speedupRest === stored.speedupRest;
  const quota = stored.quota && { ...stored.quota, speedupRest };
  return isSame ? stored : { ...stored, quota, submittedSince, speedupRest };
}

/** Without an answer, only an 89405 is known of the quota. */
function snapshotOf(stored: StoredQuota | undefined): QuotaSnapshot | null {
  if (stored === undefined) return null;
  const { quota, submittedSince, speedupRest } = stored;
  const known = quota ?? { rest: 0, limit: 0, speedupLimit: 0 };
  return { ...known, speedupRest, submittedSince };
}
