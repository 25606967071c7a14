import {
  type CloudEvent,
  ErrorCategory,
  OperationError,
  type OperationRecord,
  outcomeEvent,
} from '@wxa/contracts';
import { serviceError } from '@wxa/methods';
import { writeOutbox } from '@wxa/postgres/outbox';
import type { ClientBase } from 'pg';

/** Gateways run during a restore, so their relay publishes its events. */
export const WRITER = 'gateway';

/** An operation that has ended or is in doubt; `isResolved`: an operator ended it. */
export type OutcomeRecord = OperationRecord & { traceparent: string; fence: number; isResolved?: boolean };

/**
 * The outcome of an operation under the source that it always has: gateways publish cancellations and manual resolutions,
 * workers all others.
 */
export function repeatedOutcome(operation: OutcomeRecord, at: Date): CloudEvent {
  const isOfGateway = operation.state === 'CANCELLED' || operation.isResolved === true;
  return outcomeEvent(operation, operation.fence, isOfGateway ? 'gateway' : 'release-worker', at);
}

/** Publishes outcomes. */
export async function publishOutcomes(
  client: ClientBase,
  operations: OutcomeRecord[],
  at: Date,
): Promise<void> {
  await writeOutbox(
    client,
    WRITER,
    operations.map((operation) => repeatedOutcome(operation, at)),
  );
}

/** Proto3 JSON text of an error of this service. */
export function errorText(name: 'restored' | 'contentLost', errmsg: string): string {
  const { category, api: _, ...error } = serviceError(name, errmsg, '');
  return JSON.stringify(
    OperationError.toJSON({ arguments: {}, ...error, category: ErrorCategory[`ERROR_CATEGORY_${category}`] }),
  );
}
