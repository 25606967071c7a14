/**
 * Which appid of a call is authorized. `appid`: that of the request. `upload`: that of `info` in the first message.
 * `platform`: the component appid. `link`: the component appid and, if set, `authorizer_appid`. `operation`: that of the
 * stored operation. `optional`: that of the request or, if it is empty, results are filtered. `filtered`: none, results
 * are filtered.
 */
export type MethodAccess = 'appid' | 'upload' | 'platform' | 'link' | 'operation' | 'optional' | 'filtered';

/** Every served RPC of `wxa.code.v1`. */
export const METHOD_ACCESS: Readonly<Record<string, MethodAccess>> = {
  'CodeManagement/Commit': 'appid',
  'CodeManagement/GetTrialQrCode': 'appid',
  'CodeManagement/ListCategories': 'appid',
  'CodeManagement/ListPages': 'appid',
  'CodeManagement/SubmitAudit': 'appid',
  'CodeManagement/GetAuditStatus': 'appid',
  'CodeManagement/GetLatestAuditStatus': 'appid',
  'CodeManagement/Release': 'appid',
  'CodeManagement/ChangeVisitStatus': 'appid',
  'CodeManagement/GetSupportVersion': 'appid',
  'CodeManagement/SetSupportVersion': 'appid',
  'CodeManagement/RevertRelease': 'appid',
  'CodeManagement/UndoAudit': 'appid',
  'CodeManagement/GrayRelease': 'appid',
  'CodeManagement/RevertGrayRelease': 'appid',
  'CodeManagement/GetGrayReleasePlan': 'appid',
  'CodeManagement/SpeedUpAudit': 'appid',
  'CodeManagement/GetAuditQuota': 'appid',
  'CodeManagement/GetVersionInfo': 'appid',
  'CodeManagement/ListReleaseHistory': 'appid',
  'CodeManagement/GetVisitStatus': 'appid',
  'CodeManagement/GetPrivacyCheck': 'appid',
  'CodeManagement/UploadAuditMedia': 'upload',
  'Templates/ListDrafts': 'platform',
  'Templates/AddTemplate': 'platform',
  'Templates/ListTemplates': 'platform',
  'Templates/DeleteTemplate': 'platform',
  'Authorizers/CreateAuthorizationLink': 'link',
  'Authorizers/GetAuthorizer': 'appid',
  'Authorizers/ListAuthorizers': 'filtered',
  'Authorizers/ImportAuthorizer': 'appid',
  'Authorizers/RemoveAuthorizer': 'appid',
  'Operations/GetOperation': 'operation',
  'Operations/ListOperations': 'optional',
  'Operations/WaitOperation': 'operation',
  'Operations/WatchOperations': 'optional',
  'Operations/CancelOperation': 'operation',
  'Operations/ResolveOperation': 'operation',
};

const NAMES = Object.keys(METHOD_ACCESS);

/** The methods that a pattern names: a method, or the beginning of its name followed by `*`. Empty if there is none. */
export function methodsOf(pattern: string): string[] {
  if (!pattern.endsWith('*')) return NAMES.filter((name) => name === pattern);
  const prefix = pattern.slice(0, -1);
  return NAMES.filter((name) => name.startsWith(prefix));
}
