import { METHODS, type Method, type MethodEntry, type MethodService } from './methods.js';

/** Whether a method is called for the platform itself, under its component appid, not for a mini-program. */
export function isOfPlatform(method: Method): boolean {
  return 'lane' in METHODS[method];
}

/** Whether an operation is for the platform itself, by its method or by what the policy says of a listed call. */
export function isForPlatform(method: Method, request: object): boolean {
  return isOfPlatform(method) || ('componentToken' in request && request.componentToken === true);
}

/** The gRPC service that a method is an RPC of. */
export function serviceOf(method: Method): MethodService {
  const entry: MethodEntry = METHODS[method];
  return entry.service ?? 'CodeManagement';
}
