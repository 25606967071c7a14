export { channelOf, metadataOf, type RpcMethod, type RpcOptions, streamed, unary } from './calls.js';
export { jsonMethod, methodOf } from './json.js';
export type { Json, MethodName, RequestJson, ResponseJson, StreamName } from './json-types.js';
export { type Rpc, SERVICES, type Services, servicesOn } from './services.js';
