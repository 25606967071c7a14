import { METHODS, type Method, serviceOf, UNDO_APIS } from '@wxa/contracts';
import type { Api } from '@wxa/wxa-client';
import { getAuditQuota } from './audit/get-audit-quota.js';
import { getAuditScreenshot } from './audit/get-audit-screenshot.js';
import { getAuditStatus } from './audit/get-audit-status.js';
import { getLatestAuditStatus } from './audit/get-latest-audit-status.js';
import { speedUpAudit } from './audit/speed-up-audit.js';
import { submitAudit } from './audit/submit-audit.js';
import { undoAudit } from './audit/undo-audit.js';
import { uploadAuditMedia } from './audit/upload-audit-media.js';
import { commit } from './code/commit.js';
import { getPrivacyCheck } from './code/get-privacy-check.js';
import { getTrialQrCode } from './code/get-trial-qr-code.js';
import { getVersionInfo } from './code/get-version-info.js';
import { listCategories } from './code/list-categories.js';
import { listPages } from './code/list-pages.js';
import { refreshMiniProgram } from './fleet/refresh-mini-program.js';
import { getGrayReleasePlan } from './gray/get-gray-release-plan.js';
import { grayRelease } from './gray/gray-release.js';
import { revertGrayRelease } from './gray/revert-gray-release.js';
import { changeWechat, queryWechat } from './listed-calls.js';
import { addTemplate } from './platform/add-template.js';
import { createAuthorizationLink } from './platform/create-authorization-link.js';
import { deleteTemplate } from './platform/delete-template.js';
import { getPlatformDomainFile } from './platform/get-platform-domain-file.js';
import { getPlatformDomains } from './platform/get-platform-domains.js';
import { importAuthorizer } from './platform/import-authorizer.js';
import { listDrafts } from './platform/list-drafts.js';
import { listTemplates } from './platform/list-templates.js';
import { setPlatformDomains } from './platform/set-platform-domains.js';
import { applyPrivacyInterface } from './privacy/apply-privacy-interface.js';
import { getPrivacyGuide } from './privacy/get-privacy-guide.js';
import { listPrivacyInterfaces } from './privacy/list-privacy-interfaces.js';
import { setPrivacyGuide } from './privacy/set-privacy-guide.js';
import { changeVisitStatus } from './release/change-visit-status.js';
import { getSupportVersion } from './release/get-support-version.js';
import { getVisitStatus } from './release/get-visit-status.js';
import { listReleaseHistory } from './release/list-release-history.js';
import { release } from './release/release.js';
import { revertRelease } from './release/revert-release.js';
import { setSupportVersion } from './release/set-support-version.js';
import type { Reconciliation, Room } from './room.js';
import { getDomains } from './setup/get-domains.js';
import { getFiling } from './setup/get-filing.js';
import { setServerDomains } from './setup/set-server-domains.js';
import { setWebviewDomains } from './setup/set-webview-domains.js';
import { addTester, listTesters, removeTester } from './setup/testers.js';

export { parseReasons } from '@wxa/wxa-client';
export { auditStatus } from './audit/latest-audit.js';
export { contentViolation, MAX_MEDIA_BYTES, sizeViolation } from './audit/media-type.js';
export * from './checks.js';
export { extJsonOf } from './code/commit.js';
export { applyPatch, isJsonObject, mergeable, missingPointers } from './code/ext-json.js';
export * from './fields.js';
export { domainsOf, expectedOf, isWebview } from './fleet/expected-domains.js';
export type { FleetReads, Part, PartAnswers, PartRead } from './fleet/parts.js';
export { FLEET_APIS } from './fleet/refresh-mini-program.js';
export { failsPrecondition } from './preconditions.js';
export { PRIVACY_APPLICATION_RULES } from './privacy/apply-privacy-interface.js';
export { PRIVACY_GUIDE_RULES } from './privacy/guide-checks.js';
export type { CallContext, CallResult, Comparison, Facts, Reconciliation, Room, Snapshot } from './room.js';
export { NO_SNAPSHOT, unsent } from './room.js';
export * from './service-errors.js';
export { SERVER_DOMAIN_RULES, WEBVIEW_DOMAIN_RULES } from './setup/domain-checks.js';

/** The room of every method. The compiler rejects a missing one; `defineChange` requires a reconciliation. */
export const ROOMS: { [M in Method]: Room<M> } = {
  Commit: commit,
  GetTrialQrCode: getTrialQrCode,
  GetAuditScreenshot: getAuditScreenshot,
  ListCategories: listCategories,
  ListPages: listPages,
  GetVersionInfo: getVersionInfo,
  GetPrivacyCheck: getPrivacyCheck,
  SubmitAudit: submitAudit,
  SpeedUpAudit: speedUpAudit,
  UndoAudit: undoAudit,
  GetAuditStatus: getAuditStatus,
  GetLatestAuditStatus: getLatestAuditStatus,
  GetAuditQuota: getAuditQuota,
  UploadAuditMedia: uploadAuditMedia,
  Release: release,
  RevertRelease: revertRelease,
  ListReleaseHistory: listReleaseHistory,
  ChangeVisitStatus: changeVisitStatus,
  GetVisitStatus: getVisitStatus,
  SetSupportVersion: setSupportVersion,
  GetSupportVersion: getSupportVersion,
  GrayRelease: grayRelease,
  RevertGrayRelease: revertGrayRelease,
  GetGrayReleasePlan: getGrayReleasePlan,
  ListDrafts: listDrafts,
  AddTemplate: addTemplate,
  ListTemplates: listTemplates,
  DeleteTemplate: deleteTemplate,
  CreateAuthorizationLink: createAuthorizationLink,
  ImportAuthorizer: importAuthorizer,
  SetServerDomains: setServerDomains,
  SetWebviewDomains: setWebviewDomains,
  GetDomains: getDomains,
  SetPrivacyGuide: setPrivacyGuide,
  GetPrivacyGuide: getPrivacyGuide,
  ApplyPrivacyInterface: applyPrivacyInterface,
  ListPrivacyInterfaces: listPrivacyInterfaces,
  GetFiling: getFiling,
  AddTester: addTester,
  RemoveTester: removeTester,
  ListTesters: listTesters,
  GetPlatformDomains: getPlatformDomains,
  SetPlatformDomains: setPlatformDomains,
  GetPlatformDomainFile: getPlatformDomainFile,
  RefreshMiniProgram: refreshMiniProgram,
  QueryWechat: queryWechat,
  ChangeWechat: changeWechat,
};

/** Whether the operation says which API it calls, not its method. */
export function isListed(api: string): boolean {
  return api === '';
}

/** The APIs that the methods call, by name; those of listed calls are in the policy. */
export const APIS: readonly Api[] = [
  ...new Set(Object.values(ROOMS).flatMap(({ api }) => (isListed(api) ? [] : [api]))),
].sort();

/** What an operator stops or resumes at once; `STOP_SCOPE_…` in the contract. */
export type StopScope = 'FORWARD_CHANGES' | 'ALL_CHANGES' | 'UNDO_CHANGES';

/** The APIs of the changes of a scope, by name. The paths of listed calls are in the policy: they are stopped together, as their method. */
export function apisIn(scope: StopScope): string[] {
  const changes = (Object.keys(METHODS) as Method[]).filter((method) => METHODS[method].kind === 'change');
  const apis = changes.map((method) => {
    const { api } = ROOMS[method];
    return isListed(api) ? `${serviceOf(method)}/${method}` : api;
  });
  const isIn = (api: string) =>
    scope === 'ALL_CHANGES' || UNDO_APIS.includes(api) === (scope === 'UNDO_CHANGES');
  return apis.filter(isIn).toSorted();
}

/** Returns the reconciliation of a change; undefined for a query, whose retry is harmless. */
export function reconciliationOf<M extends Method>(method: M): Reconciliation<M> | undefined {
  const room: Room<M> = ROOMS[method];
  return room.reconcile;
}
