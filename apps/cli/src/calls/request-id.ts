import { randomUUID } from 'node:crypto';
import type { JsonObject } from '@bufbuild/protobuf';
import { status as Code } from '@grpc/grpc-js';
import { isServiceError } from '../gateway/failure.js';
import type { Gateway } from '../gateway/gateway.js';
import type { RpcName } from '../gateway/rpc.js';

/** Of a call that may have been accepted, whatever the reason: that of the last attempt says nothing of the earlier ones. */
const IS_LOST: ReadonlySet<Code> = new Set([
  Code.UNAVAILABLE,
  Code.DEADLINE_EXCEEDED,
  Code.CANCELLED,
  Code.INTERNAL,
  Code.UNKNOWN,
]);

/** Calls an RPC with the request_id of the request, or else a new one. If the answer is lost, prints how to repeat the command. */
export async function callWithRequestId<Response = JsonObject>(
  gateway: Pick<Gateway, 'call'>,
  rpc: RpcName,
  request: JsonObject,
): Promise<Response> {
  const requestId = String(request.request_id ?? randomUUID());
  return gateway.call<Response>(rpc, { ...request, request_id: requestId }).catch((error: unknown) => {
    if (isServiceError(error) && IS_LOST.has(error.code))
      console.error(`request id: ${requestId}; repeat the command with --request-id ${requestId}`);
    throw error;
  });
}
