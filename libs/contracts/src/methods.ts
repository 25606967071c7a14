import {
  AuthorizerImport,
  AuthorizerImportResult,
  CreateAuthorizationLinkRequest,
  CreateAuthorizationLinkResponse,
} from './generated/wxa/code/v1/authorizers.js';
import {
  AuditMediaUpload,
  ChangeVisitStatusRequest,
  CommitRequest,
  GetAuditQuotaRequest,
  GetAuditScreenshotRequest,
  GetAuditStatusRequest,
  GetGrayReleasePlanRequest,
  GetLatestAuditStatusRequest,
  GetPrivacyCheckRequest,
  GetSupportVersionRequest,
  GetTrialQrCodeRequest,
  GetVersionInfoRequest,
  GetVisitStatusRequest,
  GrayReleaseRequest,
  ListCategoriesRequest,
  ListPagesRequest,
  ListReleaseHistoryRequest,
  ReleaseRequest,
  RevertGrayReleaseRequest,
  RevertReleaseRequest,
  SetSupportVersionRequest,
  SpeedUpAuditRequest,
  SubmitAuditRequest,
  UndoAuditRequest,
} from './generated/wxa/code/v1/code_management.js';
import { type CodeCommand } from './generated/wxa/code/v1/events.js';
import { RefreshMiniProgramRequest, RefreshMiniProgramResult } from './generated/wxa/code/v1/fleet.js';
import { type Operation, SubmitAuditResult } from './generated/wxa/code/v1/operations.js';
import {
  GetAuditQuotaResponse,
  GetAuditScreenshotResponse,
  GetAuditStatusResponse,
  GetGrayReleasePlanResponse,
  GetLatestAuditStatusResponse,
  GetPrivacyCheckResponse,
  GetSupportVersionResponse,
  GetTrialQrCodeResponse,
  GetVersionInfoResponse,
  GetVisitStatusResponse,
  ListCategoriesResponse,
  ListDraftsResponse,
  ListPagesResponse,
  ListReleaseHistoryResponse,
  ListTemplatesResponse,
  UploadAuditMediaResponse,
} from './generated/wxa/code/v1/results.js';
import {
  AddTemplateRequest,
  DeleteTemplateRequest,
  ListDraftsRequest,
  ListTemplatesRequest,
} from './generated/wxa/code/v1/templates.js';
import { CALL_METHODS, SETUP_METHODS } from './setup-methods.js';

interface ReadJson {
  fromJSON(object: unknown): unknown;
}

export interface MethodEntry {
  kind: 'change' | 'query';
  /** The method's name in the `request` oneof of CodeCommand and the `result` oneof of Operation. */
  field: NonNullable<CodeCommand['request']>['$case'];
  request: ReadJson;
  result?: ReadJson;
  /** The service it belongs to, if not CodeManagement. */
  service?: Exclude<MethodService, 'CodeManagement'>;
  /** It is called for the platform itself, under its component appid. */
  lane?: 'platform';
}

/** The services whose RPCs become operations. */
export type MethodService =
  | 'CodeManagement'
  | 'Setup'
  | 'Fleet'
  | 'PlatformDomains'
  | 'Templates'
  | 'Authorizers'
  | 'Calls';

/**
 * Every RPC that becomes an operation. A `change` has an effect at WeChat and is run in order. The caller of a
 * `query` waits for the outcome, and a retry is harmless: so ImportAuthorizer and UploadAuditMedia are queries,
 * although they store something.
 */
export const METHODS = {
  Commit: { kind: 'change', field: 'commit', request: CommitRequest },
  GetTrialQrCode: {
    kind: 'query',
    field: 'getTrialQrCode',
    request: GetTrialQrCodeRequest,
    result: GetTrialQrCodeResponse,
  },
  ListCategories: {
    kind: 'query',
    field: 'listCategories',
    request: ListCategoriesRequest,
    result: ListCategoriesResponse,
  },
  ListPages: { kind: 'query', field: 'listPages', request: ListPagesRequest, result: ListPagesResponse },
  SubmitAudit: {
    kind: 'change',
    field: 'submitAudit',
    request: SubmitAuditRequest,
    result: SubmitAuditResult,
  },
  GetAuditStatus: {
    kind: 'query',
    field: 'getAuditStatus',
    request: GetAuditStatusRequest,
    result: GetAuditStatusResponse,
  },
  GetLatestAuditStatus: {
    kind: 'query',
    field: 'getLatestAuditStatus',
    request: GetLatestAuditStatusRequest,
    result: GetLatestAuditStatusResponse,
  },
  GetAuditScreenshot: {
    kind: 'query',
    field: 'getAuditScreenshot',
    request: GetAuditScreenshotRequest,
    result: GetAuditScreenshotResponse,
  },
  Release: { kind: 'change', field: 'release', request: ReleaseRequest },
  ChangeVisitStatus: { kind: 'change', field: 'changeVisitStatus', request: ChangeVisitStatusRequest },
  GetSupportVersion: {
    kind: 'query',
    field: 'getSupportVersion',
    request: GetSupportVersionRequest,
    result: GetSupportVersionResponse,
  },
  SetSupportVersion: { kind: 'change', field: 'setSupportVersion', request: SetSupportVersionRequest },
  RevertRelease: { kind: 'change', field: 'revertRelease', request: RevertReleaseRequest },
  UndoAudit: { kind: 'change', field: 'undoAudit', request: UndoAuditRequest },
  GrayRelease: { kind: 'change', field: 'grayRelease', request: GrayReleaseRequest },
  RevertGrayRelease: { kind: 'change', field: 'revertGrayRelease', request: RevertGrayReleaseRequest },
  GetGrayReleasePlan: {
    kind: 'query',
    field: 'getGrayReleasePlan',
    request: GetGrayReleasePlanRequest,
    result: GetGrayReleasePlanResponse,
  },
  SpeedUpAudit: { kind: 'change', field: 'speedUpAudit', request: SpeedUpAuditRequest },
  GetAuditQuota: {
    kind: 'query',
    field: 'getAuditQuota',
    request: GetAuditQuotaRequest,
    result: GetAuditQuotaResponse,
  },
  GetVersionInfo: {
    kind: 'query',
    field: 'getVersionInfo',
    request: GetVersionInfoRequest,
    result: GetVersionInfoResponse,
  },
  ListReleaseHistory: {
    kind: 'query',
    field: 'listReleaseHistory',
    request: ListReleaseHistoryRequest,
    result: ListReleaseHistoryResponse,
  },
  GetVisitStatus: {
    kind: 'query',
    field: 'getVisitStatus',
    request: GetVisitStatusRequest,
    result: GetVisitStatusResponse,
  },
  GetPrivacyCheck: {
    kind: 'query',
    field: 'getPrivacyCheck',
    request: GetPrivacyCheckRequest,
    result: GetPrivacyCheckResponse,
  },
  UploadAuditMedia: {
    kind: 'query',
    field: 'uploadAuditMedia',
    request: AuditMediaUpload,
    result: UploadAuditMediaResponse,
  },
  ListDrafts: {
    kind: 'query',
    field: 'listDrafts',
    request: ListDraftsRequest,
    result: ListDraftsResponse,
    service: 'Templates',
    lane: 'platform',
  },
  AddTemplate: {
    kind: 'change',
    field: 'addTemplate',
    request: AddTemplateRequest,
    service: 'Templates',
    lane: 'platform',
  },
  ListTemplates: {
    kind: 'query',
    field: 'listTemplates',
    request: ListTemplatesRequest,
    result: ListTemplatesResponse,
    service: 'Templates',
    lane: 'platform',
  },
  DeleteTemplate: {
    kind: 'change',
    field: 'deleteTemplate',
    request: DeleteTemplateRequest,
    service: 'Templates',
    lane: 'platform',
  },
  CreateAuthorizationLink: {
    kind: 'query',
    field: 'createAuthorizationLink',
    request: CreateAuthorizationLinkRequest,
    result: CreateAuthorizationLinkResponse,
    service: 'Authorizers',
    lane: 'platform',
  },
  ImportAuthorizer: {
    kind: 'query',
    field: 'importAuthorizer',
    request: AuthorizerImport,
    result: AuthorizerImportResult,
    service: 'Authorizers',
    lane: 'platform',
  },
  ...SETUP_METHODS,
  RefreshMiniProgram: {
    kind: 'query',
    field: 'refreshMiniProgram',
    request: RefreshMiniProgramRequest,
    result: RefreshMiniProgramResult,
    service: 'Fleet',
  },
  ...CALL_METHODS,
} as const satisfies Record<string, MethodEntry>;

export type Method = keyof typeof METHODS;

/** The changes after which users may run another version, or may run it no longer. */
const OF_LIVE_VERSION: ReadonlySet<string> = new Set<Method>([
  'Release',
  'RevertRelease',
  'GrayRelease',
  'RevertGrayRelease',
  'ChangeVisitStatus',
  'SetSupportVersion',
]);

/** Whether a method that has succeeded may have changed the live version, or who can run it. */
export function changesLive(method: string): boolean {
  return OF_LIVE_VERSION.has(method);
}

export type RequestOf<M extends Method> = ReturnType<(typeof METHODS)[M]['request']['fromJSON']>;

/** The result message of a method; undefined for changes without data. */
export type ResultOf<M extends Method> = (typeof METHODS)[M] extends {
  result: { fromJSON(object: unknown): infer R };
}
  ? R
  : undefined;

export type OperationResult = NonNullable<Operation['result']>;

/** Whether a text is the name of one of these RPCs. */
export function isMethod(name: string): name is Method {
  return Object.hasOwn(METHODS, name);
}
