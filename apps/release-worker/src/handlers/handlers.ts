import {
  AuditState,
  type AuditStatus,
  GrayReleaseStatus,
  type Method,
  type ReleasedVersion,
  type RequestOf,
  type VersionInfo,
  VisitStatus,
} from '@wxa/contracts';
import type {
  AuditStatus as WxaAuditStatus,
  GrayReleasePlan as WxaGrayReleasePlan,
  ReleasedVersion as WxaReleasedVersion,
  WxaResult,
  VersionInfo as WxaVersionInfo,
} from '@wxa/wxa-client';
import { isPrivacyCheckRunning } from '../retrying/retry-policy.js';
import { serviceError } from '../running/service-errors.js';
import { authorizationLink } from './authorization-link.js';
import { IMPORT_TIMEOUT_FACTOR, importAuthorizer } from './import-authorizer.js';
import { PRIVACY_GUARD } from './privacy-guard.js';
import { RELEASE_GUARD } from './release-guard.js';
import type { CallResult, Handler } from './wechat.js';

/** Uploads code: an upload may take three times as long as another call. */
const UPLOAD_TIMEOUT_FACTOR = 3;

/**
 * One handler for each method; the compiler refuses a method without one. Requests stored before ids were required lack
 * an id of 0.
 */
export const HANDLERS: { [M in Method]: Handler<M> } = {
  Commit: {
    api: 'wxa/commit',
    timeoutFactor: UPLOAD_TIMEOUT_FACTOR,
    handle: ({ templateId, userVersion, userDesc, ...request }, { client, options }) =>
      client
        .commit(
          { templateId: templateId ?? 0n, extJson: extJson(request), userVersion, userDesc },
          { ...options, timeoutMs: options.timeoutMs * UPLOAD_TIMEOUT_FACTOR },
        )
        .then(withoutResult),
  },
  GetTrialQrCode: {
    api: 'wxa/get_qrcode',
    timeoutFactor: 1,
    handle: async ({ path }, { client, options }) =>
      map(await client.getTrialQrCode({ path }, options), ({ image, contentType }) => ({
        image: Buffer.from(image),
        contentType,
      })),
  },
  ListCategories: {
    api: 'wxa/get_category',
    timeoutFactor: 1,
    handle: (_request, { client, options }) => client.listCategories({}, options),
  },
  ListPages: {
    api: 'wxa/get_page',
    timeoutFactor: 1,
    handle: (_request, { client, options }) => client.listPages({}, options),
  },
  SubmitAudit: {
    api: 'wxa/submit_audit',
    timeoutFactor: 1,
    precondition: PRIVACY_GUARD,
    handle: ({ preview, ugcDeclaration, ...request }, { client, options }) =>
      client.submitAudit(
        { ...request, ...(preview && { preview }), ...(ugcDeclaration && { ugcDeclaration }) },
        options,
      ),
  },
  GetAuditStatus: {
    api: 'wxa/get_auditstatus',
    timeoutFactor: 1,
    handle: async ({ auditId }, { client, options }) =>
      map(await client.getAuditStatus({ auditId }, options), (audit) => ({ audit: auditStatus(audit) })),
  },
  GetLatestAuditStatus: {
    api: 'wxa/get_latest_auditstatus',
    timeoutFactor: 1,
    handle: async (_request, { client, options }) =>
      map(await client.getLatestAuditStatus({}, options), (audit) => ({ audit: auditStatus(audit) })),
  },
  Release: {
    api: 'wxa/release',
    timeoutFactor: 1,
    precondition: RELEASE_GUARD,
    handle: (_request, { client, options }) => client.release({}, options).then(withoutResult),
  },
  ChangeVisitStatus: {
    api: 'wxa/change_visitstatus',
    timeoutFactor: 1,
    handle: ({ status }, { client, options }) =>
      client
        .changeVisitStatus({ visible: status === VisitStatus.VISIT_STATUS_OPEN }, options)
        .then(withoutResult),
  },
  GetSupportVersion: {
    api: 'cgi-bin/wxopen/getweappsupportversion',
    timeoutFactor: 1,
    handle: (_request, { client, options }) => client.getSupportVersion({}, options),
  },
  SetSupportVersion: {
    api: 'cgi-bin/wxopen/setweappsupportversion',
    timeoutFactor: 1,
    handle: ({ version }, { client, options }) =>
      client.setSupportVersion({ version }, options).then(withoutResult),
  },
  RevertRelease: {
    api: 'wxa/revertcoderelease',
    timeoutFactor: 1,
    handle: ({ appVersion }, { client, options }) =>
      client
        .revertRelease(appVersion === '' ? {} : { appVersion: BigInt(appVersion) }, options)
        .then(withoutResult),
  },
  UndoAudit: {
    api: 'wxa/undocodeaudit',
    timeoutFactor: 1,
    handle: (_request, { client, options }) => client.undoAudit({}, options).then(withoutResult),
  },
  GrayRelease: {
    api: 'wxa/grayrelease',
    timeoutFactor: 1,
    handle: ({ percentage, supportDebuggerFirst, supportExperiencerFirst }, { client, options }) =>
      client
        .grayRelease({ percentage, supportDebuggerFirst, supportExperiencerFirst }, options)
        .then(withoutResult),
  },
  RevertGrayRelease: {
    api: 'wxa/revertgrayrelease',
    timeoutFactor: 1,
    handle: (_request, { client, options }) => client.revertGrayRelease({}, options).then(withoutResult),
  },
  GetGrayReleasePlan: {
    api: 'wxa/getgrayreleaseplan',
    timeoutFactor: 1,
    handle: async (_request, { client, options }) =>
      map(await client.getGrayReleasePlan({}, options), ({ plan }) => ({
        plan: plan && grayReleasePlan(plan),
      })),
  },
  SpeedUpAudit: {
    api: 'wxa/speedupaudit',
    timeoutFactor: 1,
    handle: ({ auditId }, { client, options }) =>
      client.speedUpAudit({ auditId }, options).then(withoutResult),
  },
  GetAuditQuota: {
    api: 'wxa/queryquota',
    timeoutFactor: 1,
    handle: (_request, { client, options }) => client.getAuditQuota({}, options),
  },
  GetVersionInfo: {
    api: 'wxa/getversioninfo',
    timeoutFactor: 1,
    handle: async (_request, { client, options }) =>
      map(await client.getVersionInfo({}, options), ({ trial, release }) => ({
        trial: trial && versionInfo(trial),
        release: release && versionInfo(release),
      })),
  },
  ListReleaseHistory: {
    api: 'wxa/revertcoderelease',
    timeoutFactor: 1,
    handle: async (_request, { client, options }) =>
      map(await client.listReleaseHistory({}, options), ({ versions }) => ({
        versions: versions.map(releasedVersion),
      })),
  },
  GetVisitStatus: {
    api: 'wxa/getvisitstatus',
    timeoutFactor: 1,
    handle: async (_request, { client, options }) =>
      map(await client.getVisitStatus({}, options), ({ visible }) => ({
        status: visible ? VisitStatus.VISIT_STATUS_OPEN : VisitStatus.VISIT_STATUS_CLOSED,
      })),
  },
  GetPrivacyCheck: {
    api: 'wxa/security/get_code_privacy_info',
    timeoutFactor: 1,
    handle: async (_request, { client, options }) => {
      const found = await client.getPrivacyCheck({}, options);
      return isPrivacyCheckRunning(found)
        ? { kind: 'ok', value: { done: false, withoutAuth: [], withoutConf: [] } }
        : map(found, (lists) => ({ done: true, ...lists }));
    },
  },
  UploadAuditMedia: {
    api: 'wxa/uploadmedia',
    timeoutFactor: UPLOAD_TIMEOUT_FACTOR,
    handle: async ({ fileName, contentType }, { client, options, attachment }) => {
      const content = await attachment();
      if (content === undefined) return mediaGone();
      const timeoutMs = options.timeoutMs * UPLOAD_TIMEOUT_FACTOR;
      return client.uploadAuditMedia({ fileName, contentType, content }, { ...options, timeoutMs });
    },
  },
  ListDrafts: {
    api: 'wxa/gettemplatedraftlist',
    timeoutFactor: 1,
    handle: async (_request, { client, options }) =>
      map(await client.listDrafts({}, options), ({ drafts }) => ({ drafts: drafts.map(ofLibrary) })),
  },
  AddTemplate: {
    api: 'wxa/addtotemplate',
    timeoutFactor: 1,
    handle: ({ draftId, templateType }, { client, options }) =>
      client.addTemplate({ draftId: draftId ?? 0n, ...typed(templateType) }, options).then(withoutResult),
  },
  ListTemplates: {
    api: 'wxa/gettemplatelist',
    timeoutFactor: 1,
    handle: async ({ templateType }, { client, options }) =>
      map(await client.listTemplates(typed(templateType), options), ({ templates }) => ({
        templates: templates.map(ofLibrary),
      })),
  },
  DeleteTemplate: {
    api: 'wxa/deletetemplate',
    timeoutFactor: 1,
    handle: ({ templateId }, { client, options }) =>
      client.deleteTemplate({ templateId: templateId ?? 0n }, options).then(withoutResult),
  },
  CreateAuthorizationLink: {
    api: 'cgi-bin/component/api_create_preauthcode',
    timeoutFactor: 1,
    handle: async (request, { client, options }) =>
      map(await client.createPreAuthCode({ componentAppid: request.appid }, options), (code) =>
        authorizationLink(request, code),
      ),
  },
  ImportAuthorizer: {
    api: 'cgi-bin/component/api_authorizer_token',
    timeoutFactor: IMPORT_TIMEOUT_FACTOR,
    handle: importAuthorizer,
  },
};

function extJson({ extConfig }: Pick<RequestOf<'Commit'>, 'extConfig'>): string {
  if (extConfig === undefined) return '{}';
  return extConfig.$case === 'extJson' ? extConfig.value : JSON.stringify(extConfig.value);
}

function map<T, R>(result: WxaResult<T>, change: (value: T) => R): WxaResult<R> {
  return result.kind === 'ok' ? { kind: 'ok', value: change(result.value) } : result;
}

function withoutResult(result: WxaResult<unknown>): WxaResult<undefined> {
  return map(result, () => undefined);
}

export function auditStatus({ state, submittedAt, ...audit }: WxaAuditStatus): AuditStatus {
  return { ...audit, state: AuditState[`AUDIT_STATE_${state}`], submitTime: submittedAt };
}

function versionInfo({ version, desc, createdAt }: WxaVersionInfo): VersionInfo {
  return { version, desc, time: createdAt };
}

function releasedVersion({ appVersion, committedAt, ...version }: WxaReleasedVersion): ReleasedVersion {
  return { ...version, appVersion: String(appVersion), commitTime: committedAt };
}

/** Deleted by hand. */
function mediaGone(): CallResult<never> {
  const error = serviceError('internal', 'the file is no longer there: upload it again', 'wxa/uploadmedia');
  return { kind: 'error', error, sent: false };
}

function typed(templateType: number | undefined): { templateType?: number } {
  return templateType === undefined ? {} : { templateType };
}

function ofLibrary<T extends { createdAt: Date | undefined }>({ createdAt, ...entry }: T) {
  return { ...entry, createTime: createdAt };
}

function grayReleasePlan({ status, percentage, createdAt, defaultFinishAt, ...first }: WxaGrayReleasePlan) {
  return {
    percentage,
    supportDebuggerFirst: first.supportDebuggerFirst ?? false,
    supportExperiencerFirst: first.supportExperiencerFirst ?? false,
    status: GrayReleaseStatus[`GRAY_RELEASE_STATUS_${status}`],
    createTime: createdAt,
    defaultFinishTime: defaultFinishAt,
  };
}
