import type { Grant } from '@wxa/store';
import { type RpcError, rpcError } from '../grpc/rpc-error.js';

/** WeChat's "小程序开发与数据分析", which all of code management belongs to. */
const CODE_MANAGEMENT = 18;

/**
 * Why a mini-program is refused that WeChat would refuse for sure; undefined for others. One whose authorization ended
 * is accepted: it may be authorized again before its turn comes, and its operations say what became of them.
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
