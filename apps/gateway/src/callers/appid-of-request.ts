import type { SettingsScope } from '@wxa/contracts';
import type { MethodAccess } from '@wxa/policy';

/** The fields of requests that decide about access. */
interface AccessFields {
  appid?: string;
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
  const { appid = '', authorizerAppid = '', part, scope }: AccessFields = request;
  const platform = componentAppid ?? appid;
  switch (access) {
    case 'appid':
      return [appid];
    case 'upload':
      return part?.$case === 'info' ? [part.value.appid ?? ''] : undefined;
    case 'platform':
      return [platform];
    case 'link':
      return authorizerAppid === '' ? [platform] : [platform, authorizerAppid];
    case 'layer':
      return scope?.scope?.$case === 'appid' ? [scope.scope.value] : [];
    case 'optional':
      return appid === '' ? [] : [appid];
    default:
      return [];
  }
}
