import type { Grant } from '@wxa/store';
import { type RpcError, rpcError } from '../errors/rpc-error.js';

/** WeChat's permission set "小程序开发与数据分析", which includes code management. */
const CODE_MANAGEMENT = 18;

/**
 * The error for a mini-program whose calls WeChat would certainly reject; undefined for others. Requests are accepted if
 * the authorization has ended: it may be renewed before the operation runs, and otherwise the operation fails.
 */
export function authorizationError(appid: string, grant: Grant | undefined): RpcError | undefined {
  if (grant === undefined)
    return rpcError(
      'NOT_AUTHORIZED',
      `${appid} has not authorized the platform; authorize it, or use ImportAuthorizer`,
    );
  const { state, permissionSets } = grant;
  if (state !== 'AUTHORIZED' || permissionSets === null || permissionSets.includes(CODE_MANAGEMENT)) return;
  return rpcError(
    'PERMISSION_SET_MISSING',
    `the authorization of ${appid} lacks permission set ${CODE_MANAGEMENT} (code management); authorize it again with this permission set`,
  );
}
