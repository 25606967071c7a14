import { type RequestOf, VisitStatus } from '@wxa/contracts';
import type { AuditStatus, GrayReleasePlan, SupportVersion, Template, VersionInfo } from '@wxa/wxa-client';

/** What WeChat's answer says about a change whose own answer is not known. */
export type Comparison<R = undefined> =
  | { kind: 'executed'; result: R }
  | { kind: 'not-executed' }
  /** WeChat shows no trace of it, but refuses a second one as such: only a repeat can tell, and does no harm. */
  | { kind: 'retry-proves'; why: string }
  | { kind: 'inconclusive'; why: string };

/** Texts that tell what was there before the first try; null where that is not known. */
export type Noted = Record<string, string> | null;

const DONE = { kind: 'executed', result: undefined } as const;
const NOT_DONE = { kind: 'not-executed' } as const;
const unclear = (why: string) => ({ kind: 'inconclusive', why }) as const;
const NOT_NOTED = unclear('what was there before the first try is not known');

const happened = (done: boolean) => (done ? DONE : NOT_DONE);

export function noteAudit(audit: AuditStatus | undefined): Record<string, string> {
  return audit === undefined ? { auditId: '' } : { auditId: String(audit.auditId), state: audit.state };
}

export function noteRelease(release: VersionInfo | undefined): Record<string, string> {
  if (release === undefined) return { version: '' };
  const { version, desc, createdAt } = release;
  return { version, desc, time: createdAt?.toISOString() ?? '' };
}

export function noteGray(plan: GrayReleasePlan | undefined): Record<string, string> {
  if (plan === undefined) return { status: '' };
  const { status, percentage, supportDebuggerFirst, supportExperiencerFirst, createdAt } = plan;
  return {
    status,
    percentage: String(percentage),
    first: `${supportDebuggerFirst ?? false} ${supportExperiencerFirst ?? false}`,
    time: createdAt?.toISOString() ?? '',
  };
}

/** @param since when it was first begun. WeChat's times are whole seconds. */
export function judgeCommit(
  { userVersion, userDesc }: Pick<RequestOf<'Commit'>, 'userVersion' | 'userDesc'>,
  trial: VersionInfo | undefined,
  since: Date,
): Comparison {
  const ours = trial?.version === userVersion && trial.desc === userDesc;
  return happened(ours && isSince(trial.createdAt, since));
}

/** @param version what this service committed last; empty where it is not known. */
export function judgeSubmit(
  noted: Noted,
  latest: AuditStatus | undefined,
  version: string,
): Comparison<{ auditId: bigint }> {
  if (noted === null) return NOT_NOTED;
  if (latest === undefined || String(latest.auditId) === noted.auditId) return NOT_DONE;
  const other = version !== '' && latest.userVersion !== '' && latest.userVersion !== version;
  if (other) return unclear(`there is a new audit, but of the version "${latest.userVersion}"`);
  return { kind: 'executed', result: { auditId: latest.auditId } };
}

export function judgeUndo(noted: Noted, latest: AuditStatus | undefined): Comparison {
  if (noted === null) return NOT_NOTED;
  const wasOpen = noted.state === 'PENDING' || noted.state === 'DELAYED';
  // An open audit goes in no other way.
  if (latest === undefined) return happened(wasOpen);
  if (String(latest.auditId) !== noted.auditId) return unclear('another audit was submitted meanwhile');
  return happened(latest.state === 'WITHDRAWN' && noted.state !== 'WITHDRAWN');
}

/** @param latest the audit submitted last: what was approved last is what a release puts out. */
export function judgeRelease(
  noted: Noted,
  release: VersionInfo | undefined,
  latest: AuditStatus | undefined,
): Comparison {
  if (noted === null) return NOT_NOTED;
  if (isEqual(noteRelease(release), noted)) return NOT_DONE;
  const approved = latest?.state === 'APPROVED' ? latest.userVersion : '';
  const other = approved !== '' && release?.version !== approved;
  return other ? unclear(`"${release?.version}" was released, not "${approved}"`) : DONE;
}

export function judgeRevert(noted: Noted, release: VersionInfo | undefined): Comparison {
  return noted === null ? NOT_NOTED : happened(!isEqual(noteRelease(release), noted));
}

export function judgeGray(
  noted: Noted,
  request: Pick<RequestOf<'GrayRelease'>, 'percentage' | 'supportDebuggerFirst' | 'supportExperiencerFirst'>,
  plan: GrayReleasePlan | undefined,
): Comparison {
  if (noted === null) return NOT_NOTED;
  if (isEqual(noteGray(plan), noted)) return NOT_DONE;
  // The plan of the source document tells no flags.
  const isAsked = (told: boolean | undefined, asked: boolean) => told === undefined || told === asked;
  const ours =
    (plan?.status === 'RUNNING' || (plan?.status === 'COMPLETED' && plan.percentage === 100)) &&
    plan.percentage === request.percentage &&
    isAsked(plan.supportDebuggerFirst, request.supportDebuggerFirst) &&
    isAsked(plan.supportExperiencerFirst, request.supportExperiencerFirst);
  return ours
    ? DONE
    : unclear(`the gray release changed meanwhile: ${plan?.status} at ${plan?.percentage} %`);
}

export function judgeRevertGray(plan: GrayReleasePlan | undefined): Comparison {
  switch (plan?.status) {
    case undefined:
    case 'INITIAL':
    case 'DELETED':
      return DONE;
    case 'RUNNING':
    case 'PAUSED':
      return NOT_DONE;
    default:
      return unclear(`the gray release is ${plan?.status}`);
  }
}

export function judgeVisit({ status }: Pick<RequestOf<'ChangeVisitStatus'>, 'status'>, visible: boolean) {
  return happened(visible === (status === VisitStatus.VISIT_STATUS_OPEN));
}

export function judgeSupport(
  { version }: Pick<RequestOf<'SetSupportVersion'>, 'version'>,
  { nowVersion }: SupportVersion,
) {
  return happened(nowVersion === version);
}

/** Only an audit that is still open can be sped up, the first time or again. */
export function judgeSpeedUp({ state }: Pick<AuditStatus, 'state'>): Comparison {
  return state === 'PENDING' || state === 'DELAYED'
    ? { kind: 'retry-proves', why: 'only a repeat would tell, and the time for that is over' }
    : unclear(`the audit is ${state}: whether it was sped up shows no more`);
}

/** Template ids only grow: what is above the highest one came later. */
export function noteTemplates(templates: readonly Pick<Template, 'templateId'>[]): Record<string, string> {
  let highest = -1n;
  for (const { templateId } of templates) if (templateId > highest) highest = templateId;
  return { highest: String(highest) };
}

export function judgeAddTemplate(
  noted: Noted,
  { draftId }: Pick<RequestOf<'AddTemplate'>, 'draftId'>,
  templates: readonly Pick<Template, 'templateId' | 'draftId'>[],
): Comparison {
  if (noted === null) return NOT_NOTED;
  const newer = templates.filter(({ templateId }) => templateId > BigInt(noted.highest ?? '-1'));
  return happened(newer.some((template) => template.draftId === (draftId ?? 0n)));
}

export function judgeDeleteTemplate(
  request: Pick<RequestOf<'DeleteTemplate'>, 'templateId'>,
  templates: readonly Pick<Template, 'templateId'>[],
): Comparison {
  // Requests stored before ids were required lack an id of 0.
  const removed = request.templateId ?? 0n;
  return happened(templates.every(({ templateId }) => templateId !== removed));
}

function isSince(time: Date | undefined, since: Date): boolean {
  return time !== undefined && Math.floor(time.getTime() / 1000) >= Math.floor(since.getTime() / 1000);
}

function isEqual(a: Record<string, string>, b: Record<string, string>): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => a[name] === b[name]);
}
