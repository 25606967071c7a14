import { METHODS } from '@wxa/contracts';
import type { ClaimedOperation, Doubt, SettlementWithAudits } from '@wxa/operations';
import { type EndedOperation, idsOf, type LoggedOperations, type Logger, OperationEnds } from '@wxa/service';
import { fencedTotal } from '../metrics.js';

/** Counts and logs the settlements of this worker. */
export class SettlementReport {
  readonly #ends: OperationEnds;

  constructor(
    private readonly logger: Logger,
    logged: LoggedOperations,
  ) {
    this.#ends = new OperationEnds(logger, logged, METHODS);
  }

  /** After the commit. @param operation as it was claimed. */
  settled(row: SettlementWithAudits, operation: ClaimedOperation): void {
    if (row.endedAt !== null) this.#ends.ended(endOf(row, operation));
    if (row.state === 'IN_DOUBT') this.#ends.inDoubt(endOf(row, operation), row.reconcileInMs ?? 0);
  }

  fenced({ fence }: SettlementWithAudits, operation: ClaimedOperation): void {
    fencedTotal.inc({});
    this.logger.warn({ ...idsOf(operation), claim: fence }, 'settlement fenced');
  }

  /** The reconciliation is inconclusive. */
  needsOperator(doubt: Doubt, why: string): void {
    this.logger.error({ ...idsOf(doubt), why }, 'awaiting resolution');
  }

  /** Operators and `wxa restore` find here what Postgres could not store. */
  forgotten(
    { fence, event, state, auditEffect }: SettlementWithAudits,
    isStored: boolean,
    operation: ClaimedOperation,
  ): void {
    const outcome: unknown = event === null ? { state } : JSON.parse(event.value);
    this.logger.error(
      { ...idsOf(operation), claim: fence, is_stored: isStored, outcome, audit_effect: auditEffect },
      'claim forgotten',
    );
  }
}

/** An operation as its settlement left it. */
function endOf(
  { state, attempts, endedAt, error }: SettlementWithAudits,
  operation: ClaimedOperation,
): EndedOperation {
  return {
    ...operation,
    ...{ state, endedAt, attempts: operation.attempts + attempts },
    error: error === null ? null : JSON.parse(error),
  };
}
