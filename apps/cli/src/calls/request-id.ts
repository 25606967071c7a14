import { randomUUID } from 'node:crypto';
import type { JsonObject } from '@bufbuild/protobuf';
import { status as Code } from '@grpc/grpc-js';
import { EXIT, exitWith } from '../exit-codes.js';
import { isServiceError } from '../gateway/failure.js';
import type { Gateway } from '../gateway/gateway.js';
import type { RpcName } from '../gateway/rpc.js';

/** Of a call that may have been accepted, whatever the reason. */
const IS_LOST: ReadonlySet<Code> = new Set([
  Code.UNAVAILABLE,
  Code.DEADLINE_EXCEEDED,
  Code.CANCELLED,
  Code.INTERNAL,
  Code.UNKNOWN,
]);

/** Calls an RPC with the request_id of the request, or else a new one, as `withRequestId` does. */
export function callWithRequestId<Response = JsonObject>(
  gateway: Pick<Gateway, 'call'>,
  rpc: RpcName,
  request: JsonObject,
): Promise<Response> {
  return withRequestId(request.request_id, (requestId) =>
    gateway.call<Response>(rpc, { ...request, request_id: requestId }),
  );
}

/** Runs a call with this request id, or else a new one. If its answer is lost or not awaited, prints how to repeat the command. */
export async function withRequestId<Response>(
  given: unknown,
  call: (requestId: string) => Promise<Response>,
): Promise<Response> {
  const requestId = String(given ?? randomUUID());
  const howToRepeat = `request id: ${requestId}; repeat the command with --request-id ${requestId}`;
  const onSignal = () => exitWith(howToRepeat, EXIT.interrupted);
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    return await call(requestId);
  } catch (error) {
    if (isServiceError(error) && (error.cause || IS_LOST.has(error.code))) console.error(howToRepeat);
    throw error;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
