import { type RpcError, rpcError } from '../errors/rpc-error.js';

/** The error of a call that the policy does not allow. @param appid undefined: for no appid. @param reason of a deny rule. */
export function notAllowed(
  call: { caller: string; method: string },
  appid: string | undefined,
  reason?: string,
): RpcError {
  const where = appid === undefined ? 'for any appid' : `for appid ${JSON.stringify(appid.slice(0, 40))}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  const message = `caller ${call.caller} is not allowed to call ${call.method} ${where}${why}`;
  return rpcError('CALLER_NOT_ALLOWED', message, call);
}
