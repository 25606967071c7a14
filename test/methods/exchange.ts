import type { Method, RequestOf } from '@wxa/contracts';
import type { Answer } from './scripted-wechat.js';

/** One call as documented by the source document and WeChat's current pages, and its mapping to our API. */
export interface Exchange<M extends Method = Method> {
  what: string;
  /** By default nothing but the appid. */
  request?: Partial<RequestOf<M>>;
  /** The query string besides the token, as sent. */
  query?: string;
  /** The JSON body to be sent; unset for a GET. */
  body?: string;
  /** By default that of a successful change. */
  answer?: Answer;
  /** What WeChat answers to the other calls, by API, in turn. */
  reads?: Record<string, Answer[]>;
  /** The result in canonical proto3 JSON, as on Kafka; unset for a change without data. */
  result?: object;
  /** What the gateway adds to it in its answer; the stored result is without. */
  answered?: object;
}

/** WeChat's response to a successful change. */
export const OK = '{"errcode":0,"errmsg":"ok"}';

/** Above 2^53, so not representable as a JavaScript number. */
export const LARGE = 9007199254740993n;

/** The snapshot read before the first attempt of a method, needed to reconcile a lost response. */
export const SNAPSHOT_READS: Partial<Record<Method, string>> = {
  SubmitAudit: 'wxa/get_latest_auditstatus',
  Release: 'wxa/getversioninfo',
  RevertRelease: 'wxa/getversioninfo',
  UndoAudit: 'wxa/get_latest_auditstatus',
  GrayRelease: 'wxa/getgrayreleaseplan',
  AddTemplate: 'wxa/gettemplatelist',
  ApplyPrivacyInterface: 'wxa/security/get_privacy_interface',
};

/** The other calls before that of a method: whether WeChat already has what is to be set, whether it can be applied for, and the first of two reads. */
const BEFORE: Partial<Record<Method, string[]>> = {
  SetServerDomains: ['wxa/modify_domain'],
  SetWebviewDomains: ['wxa/get_effective_webviewdomain'],
  SetPrivacyGuide: ['cgi-bin/component/getprivacysetting'],
  ApplyPrivacyInterface: ['wxa/security/get_privacy_interface'],
  SetPlatformDomains: ['cgi-bin/component/modify_wxa_server_domain'],
  GetDomains: ['wxa/get_effective_domain'],
  GetPlatformDomains: ['cgi-bin/component/modify_wxa_server_domain'],
};

/** The read back of what was set. */
const AFTER: Partial<Record<Method, string[]>> = {
  SetPrivacyGuide: ['cgi-bin/component/getprivacysetting'],
};

/** The APIs that a successful method calls, in order. */
export const called = (method: Method) =>
  [SNAPSHOT_READS[method] ?? [], BEFORE[method] ?? [], APIS[method].api, AFTER[method] ?? []].flat();

/** HTTP verb and path of each method's API, from the source document and WeChat's pages. */
export const APIS: Record<Method, { verb: 'GET' | 'POST'; api: string }> = {
  Commit: { verb: 'POST', api: 'wxa/commit' },
  RefreshMiniProgram: { verb: 'GET', api: 'wxa/getversioninfo' },
  GetTrialQrCode: { verb: 'GET', api: 'wxa/get_qrcode' },
  ListCategories: { verb: 'GET', api: 'wxa/get_category' },
  ListPages: { verb: 'GET', api: 'wxa/get_page' },
  SubmitAudit: { verb: 'POST', api: 'wxa/submit_audit' },
  GetAuditStatus: { verb: 'POST', api: 'wxa/get_auditstatus' },
  GetLatestAuditStatus: { verb: 'GET', api: 'wxa/get_latest_auditstatus' },
  GetAuditScreenshot: { verb: 'POST', api: 'cgi-bin/material/get_material' },
  Release: { verb: 'POST', api: 'wxa/release' },
  ChangeVisitStatus: { verb: 'POST', api: 'wxa/change_visitstatus' },
  GetSupportVersion: { verb: 'POST', api: 'cgi-bin/wxopen/getweappsupportversion' },
  SetSupportVersion: { verb: 'POST', api: 'cgi-bin/wxopen/setweappsupportversion' },
  RevertRelease: { verb: 'GET', api: 'wxa/revertcoderelease' },
  UndoAudit: { verb: 'GET', api: 'wxa/undocodeaudit' },
  GrayRelease: { verb: 'POST', api: 'wxa/grayrelease' },
  RevertGrayRelease: { verb: 'GET', api: 'wxa/revertgrayrelease' },
  GetGrayReleasePlan: { verb: 'GET', api: 'wxa/getgrayreleaseplan' },
  SpeedUpAudit: { verb: 'POST', api: 'wxa/speedupaudit' },
  GetAuditQuota: { verb: 'GET', api: 'wxa/queryquota' },
  GetVersionInfo: { verb: 'POST', api: 'wxa/getversioninfo' },
  ListReleaseHistory: { verb: 'GET', api: 'wxa/revertcoderelease' },
  GetVisitStatus: { verb: 'POST', api: 'wxa/getvisitstatus' },
  UploadAuditMedia: { verb: 'POST', api: 'wxa/uploadmedia' },
  ListDrafts: { verb: 'GET', api: 'wxa/gettemplatedraftlist' },
  AddTemplate: { verb: 'POST', api: 'wxa/addtotemplate' },
  ListTemplates: { verb: 'GET', api: 'wxa/gettemplatelist' },
  DeleteTemplate: { verb: 'POST', api: 'wxa/deletetemplate' },
  CreateAuthorizationLink: { verb: 'POST', api: 'cgi-bin/component/api_create_preauthcode' },
  ImportAuthorizer: { verb: 'POST', api: 'cgi-bin/component/api_authorizer_token' },
  GetPrivacyCheck: { verb: 'GET', api: 'wxa/security/get_code_privacy_info' },
  SetServerDomains: { verb: 'POST', api: 'wxa/modify_domain' },
  SetWebviewDomains: { verb: 'POST', api: 'wxa/setwebviewdomain' },
  GetDomains: { verb: 'POST', api: 'wxa/get_effective_webviewdomain' },
  SetPrivacyGuide: { verb: 'POST', api: 'cgi-bin/component/setprivacysetting' },
  GetPrivacyGuide: { verb: 'POST', api: 'cgi-bin/component/getprivacysetting' },
  ApplyPrivacyInterface: { verb: 'POST', api: 'wxa/security/apply_privacy_interface' },
  ListPrivacyInterfaces: { verb: 'GET', api: 'wxa/security/get_privacy_interface' },
  GetFiling: { verb: 'GET', api: 'wxa/icp/get_icp_entrance_info' },
  AddTester: { verb: 'POST', api: 'wxa/bind_tester' },
  RemoveTester: { verb: 'POST', api: 'wxa/unbind_tester' },
  ListTesters: { verb: 'POST', api: 'wxa/memberauth' },
  GetPlatformDomains: { verb: 'POST', api: 'cgi-bin/component/modify_wxa_jump_domain' },
  SetPlatformDomains: { verb: 'POST', api: 'cgi-bin/component/modify_wxa_server_domain' },
  GetPlatformDomainFile: { verb: 'POST', api: 'cgi-bin/component/get_domain_confirmfile' },
  // Those of the policy: see listed-calls.spec.ts.
  QueryWechat: { verb: 'POST', api: '' },
  ChangeWechat: { verb: 'POST', api: '' },
};
