export { type CallOptions, channelOf, type Method, metadataOf, streamed, unary } from './calls.js';
export { type Calls, SERVICES, type Services, servicesOn } from './services.js';
