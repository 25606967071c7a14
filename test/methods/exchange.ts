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
  answer: Answer;
  /** The result in canonical proto3 JSON, as on Kafka; unset for a change without data. */
  result?: object;
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
};

/** The APIs that a successful method calls, in order. */
export const called = (method: Method) => [SNAPSHOT_READS[method] ?? [], APIS[method].api].flat();

/** HTTP verb and path of each method's API, from the source document and WeChat's pages. */
export const APIS: Record<Method, { verb: 'GET' | 'POST'; api: string }> = {
  Commit: { verb: 'POST', api: 'wxa/commit' },
  GetTrialQrCode: { verb: 'GET', api: 'wxa/get_qrcode' },
  ListCategories: { verb: 'GET', api: 'wxa/get_category' },
  ListPages: { verb: 'GET', api: 'wxa/get_page' },
  SubmitAudit: { verb: 'POST', api: 'wxa/submit_audit' },
  GetAuditStatus: { verb: 'POST', api: 'wxa/get_auditstatus' },
  GetLatestAuditStatus: { verb: 'GET', api: 'wxa/get_latest_auditstatus' },
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
};
