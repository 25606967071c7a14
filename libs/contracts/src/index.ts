export * from './cloud-event.js';
export * from './command.js';
export * from './descriptors.js';
export * from './errors/call-error.js';
export * from './errors/rpc-errors.js';
export * from './errors/violations.js';
export * from './events/audit-event.js';
export * from './events/authorizer-event.js';
export * from './events/fleet-event.js';
export * from './events/platform-event.js';
export { Duration } from './generated/google/protobuf/duration.js';
export { BadRequest, ErrorInfo, RetryInfo } from './generated/google/rpc/error_details.js';
export { Status } from './generated/google/rpc/status.js';
export * from './generated/wxa/code/v1/audits.js';
export * from './generated/wxa/code/v1/authorizers.js';
// Every generated file has these; named, they are not ambiguous.
export {
  type DeepPartial,
  type Exact,
  type MessageFns,
  protobufFileName,
  protobufPackage,
} from './generated/wxa/code/v1/authorizers.js';
export * from './generated/wxa/code/v1/calls.js';
export * from './generated/wxa/code/v1/code_management.js';
export * from './generated/wxa/code/v1/events.js';
export * from './generated/wxa/code/v1/fleet.js';
export * from './generated/wxa/code/v1/operations.js';
export * from './generated/wxa/code/v1/platform.js';
export * from './generated/wxa/code/v1/platform_domains.js';
export * from './generated/wxa/code/v1/platform_events.js';
export * from './generated/wxa/code/v1/results.js';
export * from './generated/wxa/code/v1/rollouts.js';
export * from './generated/wxa/code/v1/settings.js';
export * from './generated/wxa/code/v1/setup.js';
export * from './generated/wxa/code/v1/setup_values.js';
export * from './generated/wxa/code/v1/templates.js';
export * from './method-facts.js';
export * from './methods.js';
export * from './operation.js';
export * from './operation-reasons.js';
export * from './rollout-explanations.js';
export { textWith } from './texts.js';
export * from './undo-apis.js';
