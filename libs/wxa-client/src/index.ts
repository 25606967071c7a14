export * from './audit-reasons.js';
export * from './callback-crypto.js';
export * from './callback-push.js';
export * from './callback-xml.js';
export type { CallOptions, WxaClientOptions } from './endpoint-caller.js';
export { API, type Api } from './endpoints/api.js';
export type {
  AuditItem,
  AuditMedia,
  AuditMediaFile,
  AuditQuota,
  AuditState,
  AuditStatus,
  PrivacyCheck,
  SubmitAuditRequest,
  UgcDeclaration,
} from './endpoints/audit-endpoints.js';
export type {
  Category,
  CommitRequest,
  TrialQrCode,
  TrialQrCodeRequest,
  VersionInfo,
  VersionInfos,
} from './endpoints/code-endpoints.js';
export type {
  Authorization,
  AuthorizerInfo,
  AuthorizerToken,
  AuthorizerTokenRequest,
  ComponentSecret,
  ComponentTokenRequest,
  PreAuthCode,
  QueryAuthRequest,
  Token,
} from './endpoints/component-endpoints.js';
export type { FileContent, NoRequest } from './endpoints/endpoint.js';
export type {
  GrayReleasePlan,
  GrayReleaseRequest,
  GrayReleaseStatus,
  ReleasedVersion,
  RevertReleaseRequest,
  SupportVersion,
  VersionShare,
} from './endpoints/release-endpoints.js';
export type { Template, TemplateDraft } from './endpoints/template-endpoints.js';
export {
  describeErrcode,
  type ErrcodeInfo,
  type ErrorCategory,
  errorCategories,
  fullHint,
  isRetryableCategory,
  knownErrcodes,
} from './errcodes.js';
export { describeHttpRefusal, type HttpRefusalInfo, knownHttpRefusals } from './http-statuses.js';
export { WxaClient } from './wxa-client.js';
export type { AmbiguousCause, Done, RetryableCause, WxaError, WxaResult } from './wxa-result.js';
