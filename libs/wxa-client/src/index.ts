export { isAppid } from './appid.js';
export * from './callback/audit-reasons.js';
export * from './callback/callback-crypto.js';
export * from './callback/callback-event.js';
export * from './callback/callback-push.js';
export { type CallbackNode, flatFields } from './callback/callback-tree.js';
export * from './callback/callback-xml.js';
export type {
  Filing,
  RefusedFilingField,
  RemoveTesterRequest,
} from './endpoints/account-endpoints.js';
export type {
  AuditItem,
  AuditMedia,
  AuditMediaFile,
  AuditQuota,
  AuditState,
  AuditStatus,
  SubmitAuditRequest,
  UgcDeclaration,
} from './endpoints/audit-endpoints.js';
export type {
  AuthorizerInfo,
  AuthorizerListEntry,
  AuthorizerListPage,
} from './endpoints/authorizer-endpoints.js';
export type {
  Category,
  CommitRequest,
  PrivacyCheck,
  TrialQrCode,
  TrialQrCodeRequest,
  VersionInfo,
  VersionInfos,
} from './endpoints/code-endpoints.js';
export type {
  Authorization,
  AuthorizerToken,
  AuthorizerTokenRequest,
  ComponentSecret,
  ComponentTokenRequest,
  PreAuthCode,
  QueryAuthRequest,
  Token,
} from './endpoints/component-endpoints.js';
export type {
  EffectiveDomains,
  RefusedDomain,
  ServerDomainKind,
  ServerDomains,
  SetServerDomainsResult,
} from './endpoints/domain-endpoints.js';
export { API, type Api, type NoRequest } from './endpoints/endpoint.js';
export type {
  PlatformDomains,
  SetPlatformDomainsRequest,
  SetPlatformDomainsResult,
} from './endpoints/platform-domain-endpoints.js';
export type {
  ApplyPrivacyInterfaceRequest,
  PrivacyInterface,
  PrivacyInterfaceState,
  PrivacyOwner,
  PrivacyPurpose,
  PrivacySdk,
  PrivacySetting,
  SetPrivacyGuideRequest,
} from './endpoints/privacy-endpoints.js';
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
  errorCategoriesZh,
  fullHint,
  isRetryableCategory,
  knownErrcodes,
} from './errcodes/errcodes.js';
export { describeHttpRefusal, type HttpRefusalInfo, knownHttpRefusals } from './errcodes/http-statuses.js';
export type { FileContent } from './transport/multipart.js';
export type { Done } from './transport/wechat-json.js';
export { type CallFacts, type CallOptions, WxaClient, type WxaClientOptions } from './wxa-client.js';
export type { AmbiguousCause, RetryableCause, WxaError, WxaResult } from './wxa-result.js';
