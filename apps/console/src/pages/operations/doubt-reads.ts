import { type Operation, VisitStatus } from '@wxa/contracts';
import { failureOf, hintOf } from '../../gateway/failure.js';
import { newestFirst } from '../../gateway/templates.js';
import type { Language } from '../../text/text.js';
import { nameOf } from '../../ui/state.js';
import type { Visit } from '../../visit/visit.js';

type Of = { appid: string };
type Read = (visit: Visit, of: Of) => Promise<string>;

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
  return Promise.all(
    reads.map((read) => read(visit, { appid }).catch((error) => explained(error, visit.language))),
  );
}

function explained(error: unknown, language: Language): string {
  const failure = failureOf(error);
  if (failure === undefined) throw error;
  const { reason, message } = failure;
  return `${reason} ${hintOf({ reason, hint: message }, language)}`.trim();
}

async function versions({ t, gateway }: Visit, of: Of): Promise<string> {
  const { trial, release } = await gateway.codeManagement.getVersionInfo(of);
  const live = t('answerLive', { version: release?.version ?? t('nothing') });
  return `${live} · ${t('answerTrial', { version: trial?.version ?? t('nothing') })}`;
}

async function latestAudit(visit: Visit, of: Of): Promise<string> {
  const { t, gateway } = visit;
  const { audit } = await gateway.codeManagement.getLatestAuditStatus(of);
  if (audit === undefined) return t('nothing');
  return `${t('answerAudit', { id: `${audit.auditId}`, version: audit.userVersion || t('unknown') })} · ${nameOf(visit, 'audit', audit.state)}`;
}

async function grayRelease(visit: Visit, of: Of): Promise<string> {
  const { t, gateway } = visit;
  const { plan } = await gateway.codeManagement.getGrayReleasePlan(of);
  if (plan === undefined) return t('grayPercent', { n: 0 });
  return `${t('grayPercent', { n: plan.percentage })} · ${nameOf(visit, 'gray', plan.status)}`;
}

async function visibility({ t, gateway }: Visit, of: Of): Promise<string> {
  const { status } = await gateway.codeManagement.getVisitStatus(of);
  return t(status === VisitStatus.VISIT_STATUS_CLOSED ? 'answerHidden' : 'answerVisible');
}

async function supportVersion({ t, gateway }: Visit, of: Of): Promise<string> {
  const { nowVersion } = await gateway.codeManagement.getSupportVersion(of);
  return t('answerSupport', { version: nowVersion || t('nothing') });
}

async function speedUps({ t, gateway }: Visit, of: Of): Promise<string> {
  const { speedupRest, speedupLimit } = await gateway.codeManagement.getAuditQuota(of);
  return t('answerSpeedUps', { n: speedupRest, limit: speedupLimit });
}

const SHOWN_TEMPLATES = 5;

async function templates({ t, gateway }: Visit, of: Of): Promise<string> {
  const { templates } = await gateway.templates.listTemplates(of);
  const newest = newestFirst(templates).slice(0, SHOWN_TEMPLATES);
  const list = newest.map(({ templateId, userVersion, draftId }) =>
    t('answerTemplate', { id: `${templateId}`, version: userVersion, draft: `${draftId}` }),
  );
  return t('answerTemplates', { list: list.join(', ') || t('nothing') });
}
