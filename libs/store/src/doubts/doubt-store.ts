import type { CloudEvent } from '@wxa/contracts';
import type { Pool } from 'pg';
import type { ClaimedOperation } from '../operations/claim.js';
import type { OperationEntity } from '../operations/operation.entity.js';
import type { SettlementWithAudits } from '../operations/settle.js';
import type { Publisher } from '../outbox/author.js';
import { type Doubt, type RecheckLater, recheckDoubtLater, settleDoubt, takeDoubts } from './doubts.js';
import { type Resolve, type Resolved, type ResolvedBy, resolve } from './resolve.js';

/** The operations in doubt. */
export class DoubtStore {
  constructor(
    private readonly pool: Pool,
    private readonly publisher: Publisher,
  ) {}

  /** Takes operations in doubt that are due for reconciliation, under a lease of `leaseMs`. */
  take(limit: number, leaseMs: number): Promise<Doubt[]> {
    return takeDoubts(this.pool, limit, leaseMs);
  }

  /** Writes that a reconciliation was inconclusive. Returns false if the operation was settled in the meantime. */
  recheckLater(recheck: RecheckLater): Promise<boolean> {
    return recheckDoubtLater(this.pool, recheck);
  }

  /** Writes the result of a reconciliation. Returns false if the operation was settled in the meantime. */
  settle(settlement: SettlementWithAudits, checks: number): Promise<boolean> {
    return settleDoubt(this.pool, this.publisher, settlement, checks);
  }

  /** Writes an operator's resolution. */
  resolve(
    request: { id: string } & ResolvedBy,
    decide: (operation: OperationEntity) => Resolved,
    toEvent: (operation: ClaimedOperation) => CloudEvent,
  ): Promise<Resolve> {
    return resolve(this.pool, this.publisher, request, decide, toEvent);
  }
}
