import type { JsonObject } from '@bufbuild/protobuf';
import { jsonMethod, type Rpc, type RpcMethod } from '@wxa/client';
import { Refusal } from '../http/refusal.js';

/** A call that can be made: an RPC with its encoded request. */
export interface EncodedCall {
  method: RpcMethod<Buffer, JsonObject>;
  request: Buffer;
}

/** Refuses with INVALID_JSON what is not the request of the RPC. @param given its JSON, as a text or parsed. */
export function encoded(rpc: keyof Rpc | keyof Rpc<true>, given: unknown): EncodedCall {
  const { requestSerialize, ...method } = jsonMethod(rpc);
  try {
    const request: unknown = typeof given === 'string' ? JSON.parse(given) : given;
    if (!isObject(request)) throw new Error('the request must be a JSON object');
    return { method: { ...method, requestSerialize: (bytes) => bytes }, request: requestSerialize(request) };
  } catch (error) {
    throw new Refusal('INVALID_ARGUMENT', 'INVALID_JSON', (error as Error).message);
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
