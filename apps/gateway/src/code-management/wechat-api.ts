import type { Method } from '@wxa/contracts';

/** The WeChat API behind each method, as errors name it. */
export const WECHAT_API: Record<Method, string> = {
  Commit: 'wxa/commit',
  GetTrialQrCode: 'wxa/get_qrcode',
  ListCategories: 'wxa/get_category',
  ListPages: 'wxa/get_page',
  SubmitAudit: 'wxa/submit_audit',
  GetAuditStatus: 'wxa/get_auditstatus',
  GetLatestAuditStatus: 'wxa/get_latest_auditstatus',
  Release: 'wxa/release',
  ChangeVisitStatus: 'wxa/change_visitstatus',
  GetSupportVersion: 'cgi-bin/wxopen/getweappsupportversion',
  SetSupportVersion: 'cgi-bin/wxopen/setweappsupportversion',
  RevertRelease: 'wxa/revertcoderelease',
  UndoAudit: 'wxa/undocodeaudit',
  GrayRelease: 'wxa/grayrelease',
  RevertGrayRelease: 'wxa/revertgrayrelease',
  GetGrayReleasePlan: 'wxa/getgrayreleaseplan',
  SpeedUpAudit: 'wxa/speedupaudit',
  GetAuditQuota: 'wxa/queryquota',
  GetVersionInfo: 'wxa/getversioninfo',
  ListReleaseHistory: 'wxa/revertcoderelease',
  GetVisitStatus: 'wxa/getvisitstatus',
  GetPrivacyCheck: 'wxa/security/get_code_privacy_info',
};
