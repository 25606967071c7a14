import type { SettingsScope } from '@wxa/contracts';
import { isOfCalls, METHOD_ACCESS, type MethodAccess, type VisibleAppids } from '@wxa/policy';

/** The fields of requests that decide about access. */
interface AccessFields {
  appid?: string;
  appids?: string[];
  authorizerAppid?: string;
  part?: { $case: string; value: { appid?: string } };
  scope?: SettingsScope;
}

/**
 * The appids that a request names and that its caller must be allowed to use. None if the handler decides, by the stored
 * operation or by filtering its results. Undefined if the request is the first message of an upload without its info.
 * @param componentAppid the platform's own appid; without it that of the request counts.
 */
export function appidsOf(
  access: MethodAccess,
  request: object,
  componentAppid: string | undefined,
): string[] | undefined {
  const { appid = '', appids = [], authorizerAppid = '', part, scope }: AccessFields = request;
  const platform = componentAppid ?? appid;
  switch (access) {
    case 'appid':
      return [appid];
    case 'call':
      return [appid === '' ? platform : appid];
    case 'upload':
      return part?.$case === 'info' ? [part.value.appid ?? ''] : undefined;
    case 'platform':
      return [platform];
    case 'link':
      return authorizerAppid === '' ? [platform] : [platform, authorizerAppid];
    case 'layer':
      return scope?.scope?.$case === 'appid' ? [scope.scope.value] : [];
    case 'appids':
      return appids;
    case 'optional':
      return appid === '' ? [] : [appid];
    default:
      return [];
  }
}

export function accessOf(method: string): MethodAccess {
  return METHOD_ACCESS[method] ?? 'appid';
}

/** Access of methods whose requests name no appid that is authorized before the handler runs. */
const NEEDS_NO_APPID: ReadonlySet<MethodAccess> = new Set(['operation', 'filtered', 'rollout']);

/** Whether neither the appid of the request nor the call that it names can change the decision. */
export function isDecidedByMethod(method: string, { allow, deny }: VisibleAppids): boolean {
  if (NEEDS_NO_APPID.has(accessOf(method))) return true;
  return !isOfCalls(method) && allow === 'all' && deny.length === 0;
}
