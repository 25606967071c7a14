import { OperationError } from '@wxa/contracts';
import { SUBMIT_API } from '@wxa/limits';
import { type AuditMethod, auditsOfCaller } from '@wxa/operations';
import { storable } from '@wxa/postgres';
import { inFlightOf } from '../core/decide/counts.js';
import type { MonthLimit, Progress, QuotaSnapshot, RolloutContext, TurnLimits } from '../core/rollout.js';
import {
  countOpenAudits,
  otherSubmissions,
  quotaOf,
  quotaReads,
  type StoredQuota,
  turnStops,
  writeQuotaUse,
} from '../rows/limits.js';
import type { TurnStart } from '../rows/take-turn.js';
import type { Moves } from './moves.js';
import { quotaReadAt } from './quota-decision.js';

/** The answer to an overdue read wakes the rollout, and so does this time, the safety net. Until then the last snapshot counts. */
const OVERDUE_MS = 60_000;

/** While no submission waits. One that begins to wait in a turn is held by the next one, which reads the quota. */
const NO_LIMITS: TurnLimits = {
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
  turn: TurnStart,
  { spec }: Pick<RolloutContext, 'spec'>,
): Promise<TurnLimits> {
  if ((spec.auditBudget?.maxSpeedUps ?? 0) === 0) return NO_LIMITS;
  const lock = { isLocked: false };
  const quota = snapshotOf(await quotaOf(turn.client, turn.options.platform, lock));
  return { ...NO_LIMITS, quota, callerSpeedUps: await monthLimit(turn, 'SpeedUpAudit', lock) };
}

/** What the policy allows the acting caller in a month, and what it has; null without a limit. */
async function monthLimit(
  { client, rollout }: TurnStart,
  method: AuditMethod,
  lock: { isLocked: boolean },
): Promise<MonthLimit | null> {
  const { actingCaller: name, mostAudits, mostSpeedUps } = rollout;
  const most = method === 'SubmitAudit' ? mostAudits : mostSpeedUps;
  return most === null ? null : { name, most, used: await auditsOfCaller(client, name, method, lock) };
}

/** What a turn has done before its admissions. */
interface BeforeAdmissions extends TurnStart {
  context: Pick<RolloutContext, 'spec' | 'state'>;
  moves: QuotaMoves;
  limits: TurnLimits;
}

/** How the moves of a turn used the quota. */
type QuotaMoves = Pick<Moves, 'submittedAt' | 'speedUps' | 'isSpeedUpRefused'>;

/** Applies the moves of a turn to the audit quota and returns the limits of its admissions. What they count stays locked until it is committed. */
export async function limitsAfter(turn: BeforeAdmissions, progress: Progress): Promise<TurnLimits> {
  const limits = await quotaAfter(turn, progress);
  const lock = { isLocked: true };
  const audits = hasSubmissions(progress) ? await monthLimit(turn, 'SubmitAudit', lock) : null;
  const inFlight = inFlightOf(progress.waves, 'SUBMIT_AUDIT');
  return {
    ...limits,
    callerAudits: audits && { ...audits, used: audits.used - inFlight },
    callerSpeedUps: turn.limits.callerSpeedUps && (await monthLimit(turn, 'SpeedUpAudit', lock)),
  };
}

/** The quota is locked if it changes, or if submissions may be admitted. */
async function quotaAfter(
  { client, rollout, options, moves, context, limits }: BeforeAdmissions,
  progress: Progress,
): Promise<TurnLimits> {
  const { platform, checksAuthorization } = options;
  const { callerLimit: caller, now } = rollout;
  const isChanged = moves.submittedAt.length > 0 || moves.speedUps > 0 || moves.isSpeedUpRefused;
  const isRunning = context.state === 'RUNNING';
  if (!isChanged && !(isRunning && hasSubmissions(progress)))
    return { ...limits, caller, stops: await turnStops(client) };
  const stored = await quotaOf(client, platform, { isLocked: true });
  const after = stored && used(stored, moves);
  if (after !== undefined && after !== stored) await writeQuotaUse(client, platform, after);
  const stops = await turnStops(client);
  const stop = stops.find(({ api, byQuota }) => api === SUBMIT_API && byQuota) ?? null;
  const observedAt = stored?.quota?.observedAt ?? null;
  const readAt = quotaReadAt(observedAt, stop, now);
  const isOverdue = observedAt !== null && now.getTime() - readAt.getTime() >= OVERDUE_MS;
  const reads = readAt > now ? undefined : await quotaReads(client, platform);
  return {
    ...limits,
    caller,
    quota: snapshotOf(after),
    isQuotaRead: (stored?.isRead ?? false) && !isOverdue,
    canReadQuota: !checksAuthorization || (reads?.isAnyAuthorized ?? true),
    quotaProblem: reads?.error ? problemOf(OperationError.fromJSON(reads.error)) : null,
    isJustLifted: stored?.isJustLifted ?? false,
    otherSubmissions: await otherSubmissions(client, rollout.id),
    openAudits:
      (context.spec.auditBudget?.maxOpenAudits ?? 0) > 0 ? await countOpenAudits(client, rollout.id) : 0,
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
