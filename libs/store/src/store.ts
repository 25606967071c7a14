import { randomUUID } from 'node:crypto';
import type { CloudEvent } from '@wxa/contracts';
import { Batcher } from '@wxa/service/batcher';
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { deleteMedia, deleteOldMedia, type KeptMedia, keepMedia, openMedia } from './attachments.js';
import { type Publisher, versionCommittedBefore } from './audits/audits.js';
import type { ReceivedPush } from './audits/push-signatures.js';
import { type PushOutcome, recordPushes } from './audits/record-push.js';
import { type DueAudit, type PollSchedule, takeDueAudits } from './audits/take-due-audits.js';
import type { Secrets } from './authorizers/secrets.js';
import { TokenStore } from './authorizers/token-store.js';
import { BacklogStore } from './backlog/backlog-store.js';
import { createDataSource, type DataSourceOptions, openPools, type Pools } from './data-source.js';
import {
  type Doubt,
  type RecheckLater,
  recheckDoubtLater,
  settleDoubt,
  takeDoubts,
} from './doubts/doubts.js';
import { type Resolve, type Resolved, type ResolvedBy, resolve } from './doubts/resolve.js';
import { holdLease, releaseLease } from './leases/lease.js';
import { listen } from './leases/listen.js';
import { unlessAborted } from './leases/transaction.js';
import { cutRate, type Reservations, takeReservations } from './limits/api-rate.js';
import { type ApiLimit, parkForApi, readApiLimits, stopApi } from './limits/api-stop.js';
import { type Accepted, accept, type NewOperation } from './operations/accept.js';
import { type Cancelled, cancel, cancelUnsentQueries } from './operations/cancel.js';
import { type Claim, type ClaimedOperation, type ClaimRequest, claim } from './operations/claim.js';
import { listOperations, type OperationFilter, type OperationPage } from './operations/list-operations.js';
import type { OperationEntity } from './operations/operation.entity.js';
import { findOperations, listUnfinished, type UnfinishedFilter } from './operations/read-operations.js';
import type { Settled, Settlement } from './operations/settle.js';
import {
  type SettleAndClaim,
  type SettledAndClaimed,
  settleAndClaim,
} from './operations/settle-and-claim.js';
import { type SettlementWithAudits, settleWithAudits } from './operations/settle-with-audits.js';
import { endAudit, type Snapshot, snapshot } from './operations/snapshot.js';
import {
  advanceOutbox,
  type OutboxPage,
  type OutboxRow,
  quarantine,
  type SentEvent,
} from './outbox/outbox.js';
import { OutboxFloor } from './outbox/outbox-floor.js';
import { deleteOld, type Retained, type Retention } from './retention.js';
import { isSchemaBehind } from './schema.js';
import { isUnavailable } from './unavailable.js';

const BATCH = {
  maxBatch: 200,
  maxWaiting: 20_000,
  // An error that is not transient is the fault of one item, such as a claim that would begin a second change of a
  // mini-program and violates the unique index. Run alone it finds its blocker, and the other items succeed.
  splitOn: (error: unknown) => !isUnavailable(error),
};

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

/** The schema lacks a migration; run `npm run migrate` first. */
export class SchemaBehindError extends Error {
  constructor() {
    super('the database schema is behind: run `npm run migrate` first');
    this.name = 'SchemaBehindError';
  }
}

/**
 * Everything that is stored in Postgres. The state of an operation changes only in accept, claim, settle, cancel, resolve
 * and settle-doubt, and its events are written to the outbox in the same transaction.
 */
export class Store {
  /** The operations that wait in Postgres for capacity in a worker. */
  readonly backlog: BacklogStore;
  readonly #accepts: Batcher<NewOperation, Accepted>;
  readonly #claims: Batcher<ClaimRequest, Claim>;
  readonly #settlements: Batcher<SettlementWithAudits, Settled>;
  readonly #links: Batcher<SettleAndClaim, SettledAndClaimed>;
  readonly #snapshots: Batcher<Snapshot, boolean>;
  readonly #pushes: Batcher<ReceivedPush, PushOutcome>;
  readonly #finds: Batcher<string, OperationEntity | undefined>;
  private readonly pool: Pool;

  private constructor(
    private readonly dataSource: DataSource,
    private readonly pools: Pools,
    private readonly publisher: Publisher & { floor: OutboxFloor },
  ) {
    const { calls: pool, batches, pushes } = pools;
    this.pool = pool;
    this.backlog = new BacklogStore(pools.calls);
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
    this.#settlements = new Batcher((items) => settleWithAudits({ pool, batches }, publisher, items), {
      ...BATCH,
      bytesOf: (settlement) => bytesOfSettlement(settlement),
      maxBatchBytes: MAX_BATCH_BYTES,
      parallel: 2,
      minIntervalMs: SETTLEMENT_INTERVAL_MS,
    });
    this.#links = new Batcher((items) => settleAndClaim(batches, publisher, items), {
      ...BATCH,
      bytesOf: ({ settlement }) => bytesOfSettlement(settlement),
      maxBatchBytes: MAX_BATCH_BYTES,
      parallel: 2,
    });
    this.#snapshots = new Batcher((items) => snapshot(batches, items), { ...BATCH, parallel: 1 });
    this.#pushes = new Batcher((items) => recordPushes(pushes, publisher, items), { ...BATCH, parallel: 1 });
    this.#finds = new Batcher((ids) => findEach(pool, ids), { ...BATCH, parallel: 2 });
  }

  /** Connects. Rejects with SchemaBehindError, or with the driver's error if Postgres is unavailable. */
  static async open(
    options: DataSourceOptions,
    publisher: Omit<Publisher, 'replica' | 'floor'>,
  ): Promise<Store> {
    const dataSource = createDataSource(options);
    await dataSource.initialize();
    if (await isSchemaBehind(dataSource)) {
      await dataSource.destroy();
      throw new SchemaBehindError();
    }
    const pools = openPools(dataSource, options);
    const floor = new OutboxFloor(pools.batches, publisher.writer);
    await floor.start();
    return new Store(dataSource, pools, { ...publisher, replica: randomUUID(), floor });
  }

  /** The stored tickets, tokens and authorizations, encrypted with the given keys. */
  tokens(secrets: Secrets): TokenStore {
    return new TokenStore(this.pools, secrets);
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

  /**
   * Stores the attachment of an operation that is about to be accepted, until the operation ends. Without an operation it is
   * deleted after 10 minutes. Returns false if all attachments together would exceed `maxBytes`.
   */
  keepMedia(operationId: string, content: Buffer, maxBytes: number): Promise<boolean> {
    return keepMedia(this.pool, operationId, content, maxBytes);
  }

  /** The attachment of an operation, read in slices; undefined if it has none. */
  openMedia(operationId: string): Promise<KeptMedia | undefined> {
    return openMedia(this.pool, operationId);
  }

  deleteMedia(operationId: string): Promise<void> {
    return deleteMedia(this.pool, operationId);
  }

  /** Deletes the attachments of operations that were cancelled or never accepted. */
  deleteOldMedia(): Promise<void> {
    return deleteOldMedia(this.pool);
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

  /**
   * Stores the snapshot from before a call and renews the claim. Returns false if the claim is lost. Batched.
   */
  async snapshot(taken: Snapshot): Promise<boolean> {
    await endAudit(this.pool, this.publisher, taken);
    return this.#snapshots.add(taken);
  }

  /** Takes operations in doubt that are due for reconciliation, under a lease of `leaseMs`. */
  takeDoubts(limit: number, leaseMs: number): Promise<Doubt[]> {
    return takeDoubts(this.pool, limit, leaseMs);
  }

  /** Writes that a reconciliation was inconclusive. Returns false if the operation was settled in the meantime. */
  recheckDoubtLater(recheck: RecheckLater): Promise<boolean> {
    return recheckDoubtLater(this.pool, recheck);
  }

  /** Writes the result of a reconciliation. Returns false if the operation was settled in the meantime. */
  settleDoubt(settlement: SettlementWithAudits, asks: number): Promise<boolean> {
    return settleDoubt(this.pool, this.publisher, settlement, asks);
  }

  cancel(id: string, toEvent: (operation: OperationEntity) => CloudEvent): Promise<Cancelled> {
    return cancel(this.pool, this.publisher.writer, id, toEvent);
  }

  /** Cancels those of these queries that were never sent to WeChat. Returns how many. */
  cancelUnsentQueries(ids: string[], toEvent: (operation: OperationEntity) => CloudEvent): Promise<number> {
    return cancelUnsentQueries(this.pool, this.publisher.writer, ids, toEvent);
  }

  resolve(
    request: { id: string } & ResolvedBy,
    decide: (operation: OperationEntity) => Resolved,
    toEvent: (operation: ClaimedOperation) => CloudEvent,
  ): Promise<Resolve> {
    return resolve(this.pool, this.publisher, request, decide, toEvent);
  }

  /** Stores a callback and matches it to its audit; durable when it resolves. Batched. */
  recordPush(push: ReceivedPush): Promise<PushOutcome> {
    return this.#pushes.add(push);
  }

  /** Batched. Rejects with the signal's reason if the signal is aborted before the statement begins. */
  findOperation(id: string, signal?: AbortSignal): Promise<OperationEntity | undefined> {
    return this.#finds.add(id, signal);
  }

  findOperations(ids: string[]): Promise<OperationEntity[]> {
    return ids.length === 0 ? Promise.resolve([]) : findOperations(this.pool, ids);
  }

  /**
   * One page, read over separate connections, so that slow lists delay nothing else. Rejects with the signal's reason if the
   * signal is aborted before the statement begins.
   */
  listOperations(filter: OperationFilter, signal?: AbortSignal): Promise<OperationPage> {
    return unlessAborted(this.pools.lists, signal, (client) => listOperations(client, filter));
  }

  /** Rejects with the signal's reason if the signal is aborted before the statement begins. */
  listUnfinished(filter: UnfinishedFilter, signal?: AbortSignal): Promise<OperationEntity[]> {
    return unlessAborted(this.pool, signal, (client) => listUnfinished(client, filter));
  }

  /** The version that was submitted to an audit; empty if the audit was made outside this service. */
  async versionOfAudit(appid: string, auditId: string): Promise<string> {
    const { rows } = await this.pool.query<{ user_version: string }>(
      'select user_version from audits where appid = $1 and audit_id = $2',
      [appid, auditId],
    );
    return rows[0]?.user_version ?? '';
  }

  /** Takes the open audits that are due for a poll. */
  takeDueAudits(schedule: PollSchedule): Promise<DueAudit[]> {
    return takeDueAudits(this.pool, schedule);
  }

  /** The version that this service committed last before an operation; empty if there is none. */
  versionCommittedBefore(appid: string, operationId: string): Promise<string> {
    return versionCommittedBefore(this.pool, appid, operationId);
  }

  deleteOld(what: Retained, retention: Retention): Promise<number> {
    return deleteOld(this.pool, what, retention);
  }

  /** Rejects if Postgres is unavailable. */
  async ping(): Promise<void> {
    await this.pools.probes.query('select 1');
  }

  /** The time by Postgres, in milliseconds since 1970. */
  async clock(): Promise<number> {
    const { rows } = await this.pool.query<{ now: number }>(
      'select extract(epoch from clock_timestamp())::float8 * 1000 as now',
    );
    return rows[0]?.now ?? Number.NaN;
  }

  /** How many events of this app are pending publication. */
  async outboxDepth(): Promise<number> {
    const { rows } = await this.pools.probes.query<{ n: string }>(
      'select count(*) as n from outbox where writer = $1',
      [this.publisher.writer],
    );
    return Number(rows[0]?.n);
  }

  /** Takes reservations for calls to an API; undefined if it has no limit. `configured` 0: no limit of this service. */
  takeReservations(api: string, wanted: number, configured: number): Promise<Reservations | undefined> {
    return takeReservations(this.pool, api, wanted, configured);
  }

  /** Lowers the rate of an API for all workers; it recovers with time. */
  cutRate(api: string, configured: number, observed: number): Promise<void> {
    return cutRate(this.pool, api, configured, observed);
  }

  readApiLimits(configured: number): Promise<ApiLimit[]> {
    return readApiLimits(this.pool, configured);
  }

  /** Stops an API for the whole platform until the next month begins in China (UTC+8). */
  stopApi(api: string, errcode: number, errmsg: string): Promise<void> {
    return stopApi(this.pool, api, errcode, errmsg);
  }

  /** Delays an operation in Postgres until the stop of an API ends. */
  parkForApi(id: string, api: string, partition: number): Promise<{ stopped: boolean; parked: boolean }> {
    return parkForApi(this.pool, id, api, partition);
  }

  /** Takes or renews a lease. Returns false if another process holds it. */
  holdLease(name: string, holder: string, ms: number): Promise<boolean> {
    return holdLease(this.pools.relay, name, holder, ms);
  }

  releaseLease(name: string, holder: string): Promise<void> {
    return releaseLease(this.pools.relay, name, holder);
  }

  /** Deletes the events that were sent and reads the oldest that remain. */
  advanceOutbox(sent: SentEvent[], limit: number): Promise<OutboxPage> {
    return advanceOutbox(this.pools.batches, this.publisher, sent, limit);
  }

  /** Raises the id from which the outbox is read above the deleted rows; runs twice a second anyway. */
  raiseOutboxFloor(): Promise<void> {
    return this.publisher.floor.raise();
  }

  /** Moves an event that Kafka permanently rejects out of the outbox and stores it with the reason. */
  quarantine(event: OutboxRow, reason: string): Promise<void> {
    return quarantine(this.pools.relay, this.publisher.writer, event, reason);
  }

  /** How many events of this app are quarantined. */
  async quarantinedEvents(): Promise<number> {
    const { rows } = await this.pools.probes.query<{ n: string }>(
      'select count(*) as n from outbox_refused where writer = $1',
      [this.publisher.writer],
    );
    return Number(rows[0]?.n);
  }

  /** Notifies the process that holds the relay's lease of new events. */
  async notify(channel: string): Promise<void> {
    await this.pools.relay.query('select pg_notify($1, $2)', [channel, '']);
  }

  /** Calls `onNotify` for every notification on a channel until the returned function is called; reconnects automatically. */
  listen(channel: string, onNotify: () => void): () => void {
    return listen(this.pools.relay, channel, onNotify);
  }

  async close(): Promise<void> {
    await this.publisher.floor.stop();
    const { calls: _, ...others } = this.pools;
    await Promise.all(Object.values(others).map((pool) => pool.end()));
    await this.dataSource.destroy();
  }
}

async function findEach(pool: Pool, ids: string[]): Promise<(OperationEntity | undefined)[]> {
  const byId = new Map((await findOperations(pool, ids)).map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id.toLowerCase()));
}

function bytesOfSettlement({ result, event }: Settlement): number {
  return Buffer.byteLength(result ?? '') + Buffer.byteLength(event?.value ?? '');
}
