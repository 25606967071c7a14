import type { Call } from '../model/api.js';
import { isOfShare } from '../model/audit-rules.js';
import { AUDIT, type Audit, type MiniProgram, seconds } from '../model/mini-program.js';
import { done, ERRMSG, type Outcome, reject } from '../model/outcome.js';
import type { AuditSampling, Platform } from '../model/platform.js';
import { checkSubmission } from './audit-items.js';
import { isCheckingPrivacy } from './commit.js';

/** The number of audits stored for one mini-program; the oldest are dropped. */
const MAX_AUDITS = 1000;

export const DECISIONS = { approve: AUDIT.approved, reject: AUDIT.rejected, delay: AUDIT.delayed } as const;
export type AuditChoice = keyof typeof DECISIONS;

/** The audit that is not decided yet; a delayed one is not. */
export function openAudit(app: MiniProgram): Audit | undefined {
  const last = app.audits.at(-1);
  return last && (last.status === AUDIT.pending || last.status === AUDIT.delayed) ? last : undefined;
}

/** The latest approved audit, unless it has been released already. */
export function releasableAudit(app: MiniProgram): Audit | undefined {
  const approved = app.audits.findLast((audit) => audit.status === AUDIT.approved);
  return approved?.releasedAt === null ? approved : undefined;
}

/** POST wxa/submit_audit (section 5): opens an audit of the trial version. */
export function submitAudit(app: MiniProgram, { body, now, platform, openAudits }: Call): Outcome {
  if (app.notThirdParty) return reject(86000);
  if (app.notInitialized) return reject(86002);
  if (isForbidden(app, platform)) return reject(app.live ? 86010 : 86009);
  if (!app.trial) return reject(86001);
  if (isCheckingPrivacy(app, now)) return reject(61039);
  const [forbidden] = app.forbiddenPrivateApis;
  if (forbidden !== undefined && body.privacy_api_not_use !== true)
    return reject(61040, ERRMSG[61040]?.replaceAll('xxx', forbidden));
  const errcode = checkSubmission(app, body);
  if (errcode !== 0) return reject(errcode);
  if (openAudit(app)) return reject(85009);
  if (isQuotaExhausted(platform, openAudits)) return reject(85085);
  platform.auditQuota.rest -= 1;
  const audit: Audit = {
    auditId: takeAuditId(app, platform),
    status: AUDIT.pending,
    reason: '',
    screenshot: '',
    version: app.trial,
    items: Array.isArray(body.item_list) ? body.item_list : [],
    submittedAt: now,
    decidedAt: null,
    releasedAt: null,
    spedUp: false,
    sampled: isSampled(platform.auditSampling),
  };
  app.audits.push(audit);
  if (app.audits.length > MAX_AUDITS) app.audits.shift();
  return done({ fields: { auditid: audit.auditId }, effect: `submit_audit ${audit.auditId}`, opened: audit });
}

function isForbidden({ live }: MiniProgram, { auditsForbidden }: Platform): boolean {
  return auditsForbidden === (live ? 'further' : 'new');
}

function takeAuditId(app: MiniProgram, platform: Platform): bigint {
  if (app.nextAuditId === null) return BigInt(platform.nextAuditId++);
  return app.nextAuditId++;
}

/** WeChat's code means either that the month's quota is used up or that too many audits are open. */
function isQuotaExhausted({ auditQuota: { rest, maxOpen } }: Platform, openAudits: () => number): boolean {
  return rest === 0 || (maxOpen !== null && openAudits() >= maxOpen);
}

function isSampled(sampling: AuditSampling): boolean {
  sampling.submissions += 1;
  return isOfShare(sampling.share, sampling.submissions);
}

/** An audit that was decided or delayed. */
export type DatedAudit = Audit & { decidedAt: number };

/** Decides the open audit, which may be a delayed one; returns undefined if there is none. */
export function decideAudit(
  app: MiniProgram,
  details: { decision: AuditChoice; reason?: string; screenshot?: string },
  now: number,
): DatedAudit | undefined {
  const audit = openAudit(app);
  if (!audit) return undefined;
  audit.status = DECISIONS[details.decision];
  audit.reason = details.reason ?? '';
  audit.screenshot = details.screenshot ?? '';
  return Object.assign(audit, { decidedAt: decisionTime(app, now) });
}

/**
 * A callback has its time in whole seconds and no audit id: two decisions within one second would look like one
 * repeated callback. WeChat's auditors are never that fast, so the later decision gets the next second.
 */
function decisionTime(app: MiniProgram, now: number): number {
  const last = Math.max(0, ...app.audits.map(({ decidedAt }) => decidedAt ?? 0));
  return Math.max(now, (Math.floor(last / 1000) + 1) * 1000);
}

/** POST wxa/get_auditstatus (section 7). */
export function getAuditStatus(app: MiniProgram, { body }: Call): Outcome {
  if (app.notThirdParty) return reject(86000);
  if (!app.trial) return reject(86001);
  const audit = app.audits.find((one) => String(one.auditId) === String(body.auditid));
  if (!audit) return reject(85012);
  return done({
    fields: { ...statusFields(audit), ...(audit.screenshot && { screenshot: audit.screenshot }) },
  });
}

/** GET wxa/get_latest_auditstatus (section 8); 85058 if none was submitted, as WeChat returns today. */
export function getLatestAuditStatus(app: MiniProgram): Outcome {
  if (app.notThirdParty) return reject(86000);
  const audit = app.audits.at(-1);
  if (!audit) return reject(85058);
  const auditid = app.latestAuditIdAs === 'string' ? String(audit.auditId) : audit.auditId;
  const ScreenShot = audit.screenshot;
  return done({ fields: { auditid, ...statusFields(audit), ...(ScreenShot && { ScreenShot }) } });
}

function statusFields({ status, reason, version, submittedAt }: Audit): Record<string, unknown> {
  return {
    status,
    ...(reason && { reason }),
    user_version: version.userVersion,
    user_desc: version.userDesc,
    submit_audit_time: seconds(submittedAt),
  };
}

/** GET wxa/undocodeaudit (section 16): withdraws the open audit, within the quotas of the day and the month. */
export function undoAudit(app: MiniProgram, { now, undoQuota }: Call): Outcome {
  const audit = openAudit(app);
  if (!audit) return reject(85019);
  const { day, month } = chineseDate(now);
  const undo = app.undo;
  if (undo.day !== day) Object.assign(undo, { day, usedToday: 0 });
  if (undo.month !== month) Object.assign(undo, { month, usedThisMonth: 0 });
  if (undo.usedToday >= undoQuota.perDay || undo.usedThisMonth >= undoQuota.perMonth) return reject(87013);
  undo.usedToday += 1;
  undo.usedThisMonth += 1;
  audit.status = AUDIT.withdrawn;
  audit.decidedAt = now;
  return done({ effect: `undo ${audit.auditId}` });
}

/** POST wxa/speedupaudit: once for an open audit, within the platform's quota. */
export function speedUpAudit(app: MiniProgram, { body, platform: { auditQuota } }: Call): Outcome {
  const audit = openAudit(app);
  if (!audit || String(audit.auditId) !== String(body.auditid)) return reject(89402);
  if (audit.spedUp) return reject(89404);
  if (auditQuota.speedupRest === 0) return reject(89405);
  auditQuota.speedupRest -= 1;
  audit.spedUp = true;
  return done({ effect: `speed_up ${audit.auditId}` });
}

/** GET wxa/queryquota. */
export function getAuditQuota(_app: MiniProgram, { platform }: Call): Outcome {
  const { rest, limit, speedupRest: speedup_rest, speedupLimit: speedup_limit } = platform.auditQuota;
  return done({ fields: { rest, limit, speedup_rest, speedup_limit } });
}

/** WeChat's quotas reset at midnight in China (UTC+8, no daylight saving time). */
export function chineseDate(now: number): { day: string; month: string } {
  const day = new Date(now + 8 * 3_600_000).toISOString().slice(0, 10);
  return { day, month: day.slice(0, 7) };
}
