import { type CloudEvent, type OperationRecord, outcomeEvent } from '@wxa/contracts';

/**
 * The outcome of an operation under the source that it always has: gateways publish cancellations and manual resolutions,
 * workers all others.
 */
export function repeatedOutcome(
  operation: OperationRecord & { traceparent: string; fence: number; isResolved?: boolean },
  at: Date,
): CloudEvent {
  const isOfGateway = operation.state === 'CANCELLED' || operation.isResolved === true;
  return outcomeEvent(operation, operation.fence, isOfGateway ? 'gateway' : 'release-worker', at);
}
