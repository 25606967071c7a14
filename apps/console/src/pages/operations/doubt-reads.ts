import { type AuditStatus, auditStateToJSON, type Operation, VisitStatus } from '@wxa/contracts';
import { failureOf } from '../../gateway/failure.js';
import type { TextKey } from '../../text/text.js';
import type { Visit } from '../../visit/visit.js';

type Read = (visit: Visit, request: { appid: string; requestId: string }) => Promise<string>;

/** What shows whether a change was executed, by method; all read WeChat and change nothing. */
const READS: Readonly<Record<string, readonly Read[]>> = {
  Commit: [versions],
  SubmitAudit: [latestAudit],
  Release: [versions, latestAudit],
  UndoAudit: [latestAudit],
  RevertRelease: [versions],
  GrayRelease: [grayRelease],
  RevertGrayRelease: [grayRelease],
  ChangeVisitStatus: [visibility],
  SetSupportVersion: [supportVersion],
  SpeedUpAudit: [speedUps, latestAudit],
  AddTemplate: [templates],
  DeleteTemplate: [templates],
};

/** Whether the state of a method is in the versions. */
export function readsVersions(method: string): boolean {
  return READS[method]?.includes(versions) ?? false;
}

/** What WeChat answers now, in the visitor's language; a failed read says why. */
export function readWechat(visit: Visit, { method, appid }: Operation): Promise<string[]> {
  const reads = READS[method] ?? [];
  return Promise.all(reads.map((read) => read(visit, { appid, requestId: '' }).catch(explained)));
}

function explained(error: unknown): string {
  const failure = failureOf(error);
  if (failure === undefined) throw error;
  return `${failure.reason} ${failure.message}`.trim();
}

async function versions({ t, gateway }: Visit, request: Parameters<Read>[1]): Promise<string> {
  const { trial, release } = await gateway.codeManagement.getVersionInfo(request);
  const live = t('answerLive', { version: release?.version ?? t('nothing') });
  return `${live} · ${t('answerTrial', { version: trial?.version ?? t('nothing') })}`;
}

async function latestAudit({ t, gateway }: Visit, request: Parameters<Read>[1]): Promise<string> {
  const { audit } = await gateway.codeManagement.getLatestAuditStatus(request);
  if (audit === undefined) return t('nothing');
  return `${t('answerAudit', { id: `${audit.auditId}`, version: audit.userVersion || t('unknown') })} · ${stateOf(audit, t)}`;
}

function stateOf({ state }: AuditStatus, t: Visit['t']): string {
  return t(`audit.${auditStateToJSON(state).replace('AUDIT_STATE_', '')}` as TextKey);
}

async function grayRelease({ t, gateway }: Visit, request: Parameters<Read>[1]): Promise<string> {
  const { plan } = await gateway.codeManagement.getGrayReleasePlan(request);
  if (plan === undefined) return t('answerGray', { n: 0 });
  return `${t('answerGray', { n: plan.percentage })} · ${plan.status.replace('GRAY_RELEASE_STATUS_', '')}`;
}

async function visibility({ t, gateway }: Visit, request: Parameters<Read>[1]): Promise<string> {
  const { status } = await gateway.codeManagement.getVisitStatus(request);
  return t(status === VisitStatus.VISIT_STATUS_CLOSED ? 'answerHidden' : 'answerVisible');
}

async function supportVersion({ t, gateway }: Visit, request: Parameters<Read>[1]): Promise<string> {
  const { nowVersion } = await gateway.codeManagement.getSupportVersion(request);
  return t('answerSupport', { version: nowVersion || t('nothing') });
}

async function speedUps({ t, gateway }: Visit, request: Parameters<Read>[1]): Promise<string> {
  const { speedupRest, speedupLimit } = await gateway.codeManagement.getAuditQuota(request);
  return t('answerSpeedUps', { n: speedupRest, limit: speedupLimit });
}

const SHOWN_TEMPLATES = 5;

async function templates({ t, gateway }: Visit, request: Parameters<Read>[1]): Promise<string> {
  const { templates } = await gateway.templates.listTemplates({ ...request, templateType: undefined });
  const newest = templates.toSorted((a, b) => Number(b.templateId - a.templateId)).slice(0, SHOWN_TEMPLATES);
  const list = newest.map(({ templateId, userVersion, draftId }) =>
    t('answerTemplate', { id: `${templateId}`, version: userVersion, draft: `${draftId}` }),
  );
  return t('answerTemplates', { list: list.join(', ') || t('nothing') });
}
