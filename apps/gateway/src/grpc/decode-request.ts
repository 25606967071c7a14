import { Fault } from './fault.js';
import { inspectRequest, malformed } from './inspect-request.js';
import { requestType } from './request-types.js';

/** What comes in place of a request that was not decoded. */
export class RefusedRequest {
  constructor(readonly fault: Fault) {}
}

/**
 * The decoder of an RPC's requests. It throws nothing: grpc-js would answer INTERNAL, as if the fault were ours.
 * @param path the RPC's, as in `/wxa.code.v1.CodeManagement/Commit`.
 */
export function decodeRequest(path: string, decode: (bytes: Buffer) => object): (bytes: Buffer) => object {
  const type = requestType(path);
  return (bytes) => {
    try {
      inspectRequest(type, bytes);
      return decode(bytes);
    } catch (error) {
      return new RefusedRequest(error instanceof Fault ? error : malformed());
    }
  };
}
