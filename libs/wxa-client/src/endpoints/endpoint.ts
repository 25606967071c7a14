import type { FormFile } from '../transport/multipart.js';
import type { JsonObject } from '../transport/wechat-json.js';

/** The APIs of WeChat by the client's methods: paths without a leading slash, also their names in errors and metrics. */
export const API = {
  submitAudit: 'wxa/submit_audit',
  getAuditStatus: 'wxa/get_auditstatus',
  getLatestAuditStatus: 'wxa/get_latest_auditstatus',
  undoAudit: 'wxa/undocodeaudit',
  speedUpAudit: 'wxa/speedupaudit',
  getAuditQuota: 'wxa/queryquota',
  getPrivacyCheck: 'wxa/security/get_code_privacy_info',
  uploadAuditMedia: 'wxa/uploadmedia',
  getAuditScreenshot: 'cgi-bin/material/get_material',
  commit: 'wxa/commit',
  getTrialQrCode: 'wxa/get_qrcode',
  listCategories: 'wxa/get_category',
  listPages: 'wxa/get_page',
  getVersionInfo: 'wxa/getversioninfo',
  startPushTicket: 'cgi-bin/component/api_start_push_ticket',
  getComponentToken: 'cgi-bin/component/api_component_token',
  createPreAuthCode: 'cgi-bin/component/api_create_preauthcode',
  queryAuth: 'cgi-bin/component/api_query_auth',
  getAuthorizerToken: 'cgi-bin/component/api_authorizer_token',
  getAuthorizerInfo: 'cgi-bin/component/api_get_authorizer_info',
  getAuthorizerList: 'cgi-bin/component/api_get_authorizer_list',
  release: 'wxa/release',
  changeVisitStatus: 'wxa/change_visitstatus',
  getVisitStatus: 'wxa/getvisitstatus',
  getSupportVersion: 'cgi-bin/wxopen/getweappsupportversion',
  setSupportVersion: 'cgi-bin/wxopen/setweappsupportversion',
  revertRelease: 'wxa/revertcoderelease',
  listReleaseHistory: 'wxa/revertcoderelease',
  grayRelease: 'wxa/grayrelease',
  revertGrayRelease: 'wxa/revertgrayrelease',
  getGrayReleasePlan: 'wxa/getgrayreleaseplan',
  listDrafts: 'wxa/gettemplatedraftlist',
  listTemplates: 'wxa/gettemplatelist',
  addTemplate: 'wxa/addtotemplate',
  deleteTemplate: 'wxa/deletetemplate',
  getServerDomains: 'wxa/modify_domain',
  setServerDomains: 'wxa/modify_domain',
  getEffectiveServerDomains: 'wxa/get_effective_domain',
  setWebviewDomains: 'wxa/setwebviewdomain',
  getEffectiveWebviewDomains: 'wxa/get_effective_webviewdomain',
  getPlatformServerDomains: 'cgi-bin/component/modify_wxa_server_domain',
  setPlatformServerDomains: 'cgi-bin/component/modify_wxa_server_domain',
  getPlatformWebviewDomains: 'cgi-bin/component/modify_wxa_jump_domain',
  setPlatformWebviewDomains: 'cgi-bin/component/modify_wxa_jump_domain',
  getPlatformDomainFile: 'cgi-bin/component/get_domain_confirmfile',
  getPrivacyGuide: 'cgi-bin/component/getprivacysetting',
  setPrivacyGuide: 'cgi-bin/component/setprivacysetting',
  setLivePrivacyOwner: 'cgi-bin/component/setprivacysetting',
  uploadPrivacyText: 'cgi-bin/component/uploadprivacyextfile',
  listPrivacyInterfaces: 'wxa/security/get_privacy_interface',
  applyPrivacyInterface: 'wxa/security/apply_privacy_interface',
  getFiling: 'wxa/icp/get_icp_entrance_info',
  addTester: 'wxa/bind_tester',
  removeTester: 'wxa/unbind_tester',
  listTesters: 'wxa/memberauth',
} as const;

export type Api = (typeof API)[keyof typeof API];

/** One API of WeChat: how its request is written and its response is read. */
export interface Endpoint<Request, Value> {
  /** The path without a leading slash; also the name of the API in errors. */
  api: string;
  /** For an API by which the platform obtains its first token. */
  withoutToken?: true;
  /** The secrets of a request, in addition to the token, that no text of a result may contain. */
  secrets?: (request: Request) => string[];
  /** POST if there is a body, else GET. */
  body?: (request: Request) => JsonObject;
  /** The bytes of a JSON body, instead of `body`. */
  rawBody?: (request: Request) => Buffer;
  /** An endpoint with a form sends a file as multipart/form-data instead of a body. */
  form?: (request: Request) => FormFile;
  /** Query parameters in addition to the token; undefined and empty ones are omitted. */
  query?: (request: Request) => Record<string, string | undefined>;
  /** Reads the value of a successful response; undefined if a required field is missing. */
  read: (answer: JsonObject, request: Request) => Value | undefined;
  /** For an API that responds with bytes instead of JSON. */
  readBytes?: (body: Buffer, contentType: string) => Value | undefined;
}

/** The request of an API without parameters. */
export type NoRequest = Record<string, never>;
