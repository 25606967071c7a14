import type { Rule, Violation } from '@wxa/methods';
import { inspectRequest, malformed } from './inspect-request.js';
import { requestType } from './request-types.js';
import { RpcError } from './rpc-error.js';

/** What comes in place of a request that was not decoded. */
export class RefusedRequest {
  constructor(readonly fault: RpcError) {}
}

const LOST = new WeakMap<object, Violation[]>();

/** What the bytes of a request say and its decoded form no longer does. */
export const lostInDecoding: Rule<object> = (request) => LOST.get(request) ?? [];

/**
 * The decoder of an RPC's requests. It throws nothing: grpc-js would answer INTERNAL, as if the fault were ours.
 * @param path the RPC's, as in `/wxa.code.v1.CodeManagement/Commit`.
 */
export function decodeRequest(path: string, decode: (bytes: Buffer) => object): (bytes: Buffer) => object {
  const type = requestType(path);
  return (bytes) => {
    try {
      const lost = inspectRequest(type, bytes);
      const request = decode(bytes);
      if (lost.length > 0) LOST.set(request, lost);
      return request;
    } catch (error) {
      return new RefusedRequest(error instanceof RpcError ? error : malformed());
    }
  };
}
