import { status as Code, type ServerInterceptingCallInterface } from '@grpc/grpc-js';

/** Our deadline is later than the client's by the time that the request took to arrive. */
const ARRIVAL_MS = 250;

/** The code of a call that ended without a status of this service: a client that reaches its deadline cancels the call. */
export function endCode(call: Pick<ServerInterceptingCallInterface, 'getDeadline'>, nowMs: number): Code {
  return Number(call.getDeadline()) - ARRIVAL_MS <= nowMs ? Code.DEADLINE_EXCEEDED : Code.CANCELLED;
}
