import type { Rpc } from '@wxa/client';
import type { Role } from '@wxa/policy';

/** What a user may call who only looks: RPCs by their services. */
const VIEWER = {
  Audits: ['GetAudit', 'GetAuditSummary', 'ListAudits'],
  Authorizers: ['GetAuthorizer', 'GetAuthorizerSync', 'ListAuthorizers'],
  CodeManagement: [
    ...['GetAuditQuota', 'GetAuditScreenshot', 'GetAuditStatus', 'GetGrayReleasePlan'],
    ...['GetLatestAuditStatus', 'GetPrivacyCheck', 'GetSupportVersion', 'GetTrialQrCode', 'GetVersionInfo'],
    ...['GetVisitStatus', 'ListCategories', 'ListPages', 'ListReleaseHistory'],
  ],
  Fleet: ['GetFleetSummary', 'GetMiniProgram', 'ListMiniPrograms', 'RefreshMiniProgram'],
  Operations: ['GetOperation', 'ListLanes', 'ListOperations', 'WaitOperation'],
  Platform: [
    ...['GetForwards', 'GetPlatformStatus', 'ListCallbackNames', 'ListListedCalls', 'ListTokenReaders'],
    ...['ListTrail'],
  ],
  PlatformDomains: ['GetPlatformDomainFile', 'GetPlatformDomains'],
  Rollouts: [
    ...['GetRollout', 'GetRolloutPlan', 'GetRolloutTarget', 'ListRolloutChanges', 'ListRolloutFailures'],
    ...['ListRolloutHistory', 'ListRollouts', 'ListRolloutTargets'],
  ],
  Settings: ['GetEffectiveSettings', 'GetSettingsLayer', 'ListSettingsLayers', 'ListSettingsVersions'],
  Setup: ['GetDomains', 'GetFiling', 'GetPrivacyGuide', 'ListPrivacyInterfaces', 'ListTesters'],
  Templates: ['ListDrafts', 'ListTemplates'],
} as const;

/** What a user may call besides who may act. */
const OPERATOR = {
  Authorizers: [
    ...['CreateAuthorizationLink', 'RegisterAuthorizers', 'RemoveAuthorizer', 'RenewToken'],
    ...['SetAuthorizerLabels', 'SyncAuthorizers'],
  ],
  CodeManagement: [
    ...['ChangeVisitStatus', 'Commit', 'GrayRelease', 'Release', 'RevertGrayRelease', 'RevertRelease'],
    ...['SetSupportVersion', 'SpeedUpAudit', 'SubmitAudit', 'UndoAudit'],
  ],
  Operations: ['CancelOperation', 'ResolveOperation'],
  Platform: ['LiftApiStop', 'LiftApiStops', 'StopApis'],
  PlatformDomains: ['SetPlatformDomains'],
  Rollouts: [
    ...['AddRolloutTargets', 'AdvanceRollout', 'CancelRollout', 'CloseRollout', 'CreateRollout'],
    ...['PauseRollout', 'ResumeRollout', 'RetryRollout', 'RollbackRollout', 'SkipRolloutTargets'],
    ...['StartRollout', 'UpdateRollout'],
  ],
  Settings: ['DeleteSettingsLayer', 'PutSettingsLayer'],
  Setup: [
    ...['AddTester', 'ApplyPrivacyInterface', 'RemoveTester', 'SetPrivacyGuide', 'SetServerDomains'],
    ...['SetWebviewDomains'],
  ],
  Templates: ['AddTemplate', 'DeleteTemplate'],
} as const;

type Table = Readonly<Record<string, readonly string[]>>;
type Named<T extends Table> = { [Service in keyof T & string]: `${Service}/${T[Service][number]}` }[keyof T &
  string];

function all<T extends Table, R extends Role>(table: T, role: R): Record<Named<T>, R> {
  const rpcs = Object.entries(table).flatMap(([service, names]) => names.map((name) => `${service}/${name}`));
  return Object.fromEntries(rpcs.map((rpc) => [rpc, role])) as Record<Named<T>, R>;
}

/** The least role with which a user may call an RPC by the console; null: nobody may. A new RPC needs its name above. */
export const ROLE_OF: Readonly<Record<keyof Rpc, Role | null>> = {
  ...all(VIEWER, 'viewer'),
  ...all(OPERATOR, 'operator'),
  // Its request has a refresh token, which belongs into no browser.
  'Authorizers/ImportAuthorizer': null,
};

/** The same for streams of responses. */
export const STREAM_ROLE_OF: Readonly<Record<keyof Rpc<true>, Role | null>> = {
  'Operations/WatchOperations': 'viewer',
  'Rollouts/WatchRollout': 'viewer',
};

/** Whether a role is enough for what needs `least`. */
export function isEnough(role: Role | undefined, least: Role | null): boolean {
  return role !== undefined && least !== null && (least === 'viewer' || role === 'operator');
}
