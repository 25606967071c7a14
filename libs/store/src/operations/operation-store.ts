import type { CloudEvent } from '@wxa/contracts';
import { Batcher } from '@wxa/service/batcher';
import type { Pool } from 'pg';
import { BATCH } from '../batch.js';
import type { Pools } from '../data-source.js';
import { unlessAborted } from '../leases/transaction.js';
import { delayForApi } from '../limits/api-stop.js';
import type { Publisher } from '../outbox/author.js';
import { type Accepted, accept, type NewOperation } from './accept.js';
import { type Cancelled, cancel, cancelUnsentQueries } from './cancel.js';
import { type Claim, type ClaimRequest, claim } from './claim.js';
import { listOperations, type OperationFilter, type OperationPage } from './list-operations.js';
import type { OperationEntity } from './operation.entity.js';
import { findOperations, listUnfinished, type UnfinishedFilter } from './read-operations.js';
import { type Settled, type Settlement, type SettlementWithAudits, settleWithAudits } from './settle.js';
import { type SettleAndClaim, type SettledAndClaimed, settleAndClaim } from './settle-and-claim.js';
import { endAudit, type Snapshot, snapshot } from './snapshot.js';

/** An accept has its request twice, in its row and in its command, of at most 768 KiB each. */
const ACCEPT_BYTES = {
  bytesOf: ({ request, command }: NewOperation) =>
    Buffer.byteLength(request) + Buffer.byteLength(command.value),
  maxBytes: 64 * 1024 ** 2,
  maxBatchBytes: 8 * 1024 ** 2,
};

/** The calls in flight bound the number of queued claims and settlements. None may be rejected, so only batches are limited. */
const MAX_BATCH_BYTES = 8 * 1024 ** 2;

/**
 * At a few hundred accepts a second, several share a transaction, a produce request, a fetch and a claim. The delay is below
 * the round trip of a busy database.
 */
const ACCEPT_INTERVAL_MS = 4;
/** The delay costs no throughput: if permits are scarce, operations are claimed before a permit is free. */
const CLAIM_INTERVAL_MS = 5;
/**
 * No call waits for a settlement alone: an operation that can start right after a settlement is claimed together with it,
 * in other batches.
 */
const SETTLEMENT_INTERVAL_MS = 10;

/** The operations, from their acceptance to their end. */
export class OperationStore {
  readonly #accepts: Batcher<NewOperation, Accepted>;
  readonly #claims: Batcher<ClaimRequest, Claim>;
  readonly #settlements: Batcher<SettlementWithAudits, Settled>;
  readonly #links: Batcher<SettleAndClaim, SettledAndClaimed>;
  readonly #snapshots: Batcher<Snapshot, boolean>;
  readonly #finds: Batcher<string, OperationEntity | undefined>;
  private readonly pool: Pool;

  constructor(
    private readonly pools: Pools,
    private readonly publisher: Publisher,
  ) {
    const { calls: pool, batches } = pools;
    this.pool = pool;
    // One batch at a time keeps the order in which this process accepts.
    this.#accepts = new Batcher((items) => accept(batches, publisher, items), {
      ...BATCH,
      ...ACCEPT_BYTES,
      parallel: 1,
      minIntervalMs: ACCEPT_INTERVAL_MS,
    });
    this.#claims = new Batcher((items) => claim(batches, items), {
      ...BATCH,
      bytesOf: ({ requestBytes = 0 }) => requestBytes,
      maxBatchBytes: MAX_BATCH_BYTES,
      parallel: 2,
      minIntervalMs: CLAIM_INTERVAL_MS,
    });
    const settlements = { ...BATCH, maxBatchBytes: MAX_BATCH_BYTES, parallel: 2 };
    this.#settlements = new Batcher((items) => settleWithAudits({ pool, batches }, publisher, items), {
      ...settlements,
      bytesOf: (settlement) => bytesOfSettlement(settlement),
      minIntervalMs: SETTLEMENT_INTERVAL_MS,
    });
    this.#links = new Batcher((items) => settleAndClaim(batches, publisher, items), {
      ...settlements,
      bytesOf: ({ settlement }) => bytesOfSettlement(settlement),
    });
    this.#snapshots = new Batcher((items) => snapshot(batches, items), { ...BATCH, parallel: 1 });
    this.#finds = new Batcher((ids) => findEach(pool, ids), { ...BATCH, parallel: 2 });
  }

  /**
   * Stores an operation with its command in the outbox; durable when it resolves. Batched. Rejects with the signal's reason
   * if the signal is aborted before the transaction begins.
   */
  accept(operation: NewOperation, signal?: AbortSignal): Promise<Accepted> {
    return this.#accepts.add(operation, signal);
  }

  /** Whether a request was accepted before, whatever its content. */
  async hasAccepted(appid: string, requestId: string): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      'select from operations where appid = $1 and request_id = $2',
      [appid, requestId],
    );
    return rowCount === 1;
  }

  /** Claims an operation to run it. Batched. */
  claim(request: ClaimRequest): Promise<Claim> {
    return this.#claims.add(request);
  }

  /** Writes the result of a claimed operation. Batched. */
  settle(settlement: SettlementWithAudits): Promise<Settled> {
    return this.#settlements.add(settlement);
  }

  /** Settles an operation without audits and claims the next one, in one transaction. Batched. */
  settleAndClaim(link: SettleAndClaim): Promise<SettledAndClaimed> {
    return this.#links.add(link);
  }

  /** Stores the snapshot from before a call and renews the claim. Returns false if the claim is lost. Batched. */
  async snapshot(taken: Snapshot): Promise<boolean> {
    await endAudit(this.pool, this.publisher, taken);
    return this.#snapshots.add(taken);
  }

  /** Delays an operation in Postgres until the stop of an API ends. */
  delayForApi(id: string, api: string, partition: number): Promise<{ stopped: boolean; delayed: boolean }> {
    return delayForApi(this.pool, id, api, partition);
  }

  cancel(id: string, toEvent: (operation: OperationEntity) => CloudEvent): Promise<Cancelled> {
    return cancel(this.pool, this.publisher.writer, id, toEvent);
  }

  /** Cancels those of these queries that were never sent to WeChat. Returns how many. */
  cancelUnsentQueries(ids: string[], toEvent: (operation: OperationEntity) => CloudEvent): Promise<number> {
    return cancelUnsentQueries(this.pool, this.publisher.writer, ids, toEvent);
  }

  /** Batched. Rejects with the signal's reason if the signal is aborted before the statement begins. */
  find(id: string, signal?: AbortSignal): Promise<OperationEntity | undefined> {
    return this.#finds.add(id, signal);
  }

  findAll(ids: string[]): Promise<OperationEntity[]> {
    return ids.length === 0 ? Promise.resolve([]) : findOperations(this.pool, ids);
  }

  /**
   * One page, read over separate connections, so that slow lists delay nothing else. Rejects with the signal's reason if the
   * signal is aborted before the statement begins.
   */
  list(filter: OperationFilter, signal?: AbortSignal): Promise<OperationPage> {
    return unlessAborted(this.pools.lists, signal, (client) => listOperations(client, filter));
  }

  /** Rejects with the signal's reason if the signal is aborted before the statement begins. */
  listUnfinished(filter: UnfinishedFilter, signal?: AbortSignal): Promise<OperationEntity[]> {
    return unlessAborted(this.pool, signal, (client) => listUnfinished(client, filter));
  }
}

async function findEach(pool: Pool, ids: string[]): Promise<(OperationEntity | undefined)[]> {
  const byId = new Map((await findOperations(pool, ids)).map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id.toLowerCase()));
}

function bytesOfSettlement({ result, event }: Settlement): number {
  return Buffer.byteLength(result ?? '') + Buffer.byteLength(event?.value ?? '');
}
