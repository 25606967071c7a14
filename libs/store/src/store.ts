import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { BacklogStore } from './backlog-store.js';
import { Batcher } from './batcher.js';
import { createDataSource, type DataSourceOptions, openPools, type Pools } from './data-source.js';
import type { OperationEntity } from './entities/operation.entity.js';
import type { OutboxEvent } from './outbox-event.js';
import { isSchemaBehind } from './schema.js';
import type { Secrets } from './secrets.js';
import { type Accepted, accept, type NewOperation } from './sql/accept.js';
import { cutRate, type Reservations, takeReservations } from './sql/api-rate.js';
import { type ApiLimit, parkForApi, readApiLimits, stopApi } from './sql/api-stop.js';
import { type Publisher, versionCommittedBefore } from './sql/audits.js';
import { type Cancelled, cancel, cancelUnsentQueries } from './sql/cancel.js';
import { type Claim, type ClaimedOperation, type ClaimRequest, claim } from './sql/claim.js';
import { type Doubt, type RecheckLater, recheckDoubtLater, settleDoubt, takeDoubts } from './sql/doubts.js';
import { holdLease, releaseLease } from './sql/lease.js';
import { listOperations, type OperationFilter, type OperationPage } from './sql/list-operations.js';
import { listen } from './sql/listen.js';
import { deleteMedia, deleteOldMedia, type KeptMedia, keepMedia, openMedia } from './sql/media.js';
import { advanceOutbox, type OutboxPage, type OutboxRow, quarantine, type SentEvent } from './sql/outbox.js';
import { OutboxFloor } from './sql/outbox-floor.js';
import type { ReceivedPush } from './sql/push-signatures.js';
import { findOperations, listUnfinished, type UnfinishedFilter } from './sql/read-operations.js';
import { type PushOutcome, recordPushes } from './sql/record-push.js';
import { type Resolve, type Resolved, type ResolvedBy, resolve } from './sql/resolve.js';
import { deleteOld, type Retained, type Retention } from './sql/retention.js';
import type { Settled, Settlement } from './sql/settle.js';
import { type SettleAndClaim, type SettledAndClaimed, settleAndClaim } from './sql/settle-and-claim.js';
import { type SettlementWithAudits, settleWithAudits } from './sql/settle-with-audits.js';
import { endAudit, type Snapshot, snapshot } from './sql/snapshot.js';
import { type DueAudit, type PollSchedule, takeDueAudits } from './sql/take-due-audits.js';
import { unlessAborted } from './sql/transaction.js';
import { TokenStore } from './token-store.js';
import { isUnavailable } from './unavailable.js';

const BATCH = {
  maxBatch: 200,
  maxWaiting: 20_000,
  // What Postgres refuses for good is one item's fault, as a claim that would begin a second change of a
  // mini-program and breaks the unique index: by itself it finds its blocker, and the others go on.
  splitOn: (error: unknown) => !isUnavailable(error),
};

/** An accept holds its request twice, in its row and in its command: 768 KiB each at most. */
const ACCEPT_BYTES = {
  bytesOf: ({ request, command }: NewOperation) =>
    Buffer.byteLength(request) + Buffer.byteLength(command.value),
  maxBytes: 64 * 1024 ** 2,
  maxBatchBytes: 8 * 1024 ** 2,
};

/** How many claims and settlements wait is bounded by the calls in flight, and none may be refused: only their batches are. */
const MAX_BATCH_BYTES = 8 * 1024 ** 2;

/**
 * Of a few hundred accepts a second several then share a transaction, a send, a fetch and a claim. Fuller cores have longer
 * round trips, and nothing waits for this.
 */
const ACCEPT_INTERVAL_MS = 4;
/** Where slots are scarce, claims are made before there is one. */
const CLAIM_INTERVAL_MS = 5;
/**
 * A call waits for no settlement by itself: where one would begin the next call of its mini-program at once, that is
 * claimed with it, in batches of their own.
 */
const SETTLEMENT_INTERVAL_MS = 10;

/** The schema lacks a migration: `npm run migrate` first. */
export class SchemaBehindError extends Error {
  constructor() {
    super('the database schema is behind: run `npm run migrate` first');
    this.name = 'SchemaBehindError';
  }
}

/**
 * All that Postgres remembers. The state of an operation changes only in accept, claim, settle, cancel,
 * resolve and settle-doubt; what is to be heard of it is written to the outbox in the same transaction.
 */
export class Store {
  /** The operations that wait in Postgres for room in a worker. */
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

  /** Connects. Rejects with SchemaBehindError, or with what the driver says where Postgres is not there. */
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

  /** What is remembered of tickets, tokens and authorizations, for who has the key of its secrets. */
  tokens(secrets: Secrets): TokenStore {
    return new TokenStore(this.pools, secrets);
  }

  /**
   * Makes an operation durable, with its command in the outbox; shares its transaction with others. Rejects with the
   * signal's reason where that is aborted before the transaction begins.
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
   * Keeps the file of an operation that is about to be accepted, until that ends; one that is never accepted has its
   * file deleted after 10 minutes. False where all files that wait would have more than `maxBytes`.
   */
  keepMedia(operationId: string, content: Buffer, maxBytes: number): Promise<boolean> {
    return keepMedia(this.pool, operationId, content, maxBytes);
  }

  /** The file of an operation, to be read in slices; undefined where it is not there. */
  openMedia(operationId: string): Promise<KeptMedia | undefined> {
    return openMedia(this.pool, operationId);
  }

  deleteMedia(operationId: string): Promise<void> {
    return deleteMedia(this.pool, operationId);
  }

  /** Deletes the files whose operation was cancelled, or never accepted. */
  deleteOldMedia(): Promise<void> {
    return deleteOldMedia(this.pool);
  }

  /** Claims an operation to run it; shares its statement with others. */
  claim(request: ClaimRequest): Promise<Claim> {
    return this.#claims.add(request);
  }

  /** Writes what became of a claimed operation; shares its transaction with others. */
  settle(settlement: SettlementWithAudits): Promise<Settled> {
    return this.#settlements.add(settlement);
  }

  /** The same, for one without audits, together with a claim; shares its transaction with others. */
  settleAndClaim(link: SettleAndClaim): Promise<SettledAndClaimed> {
    return this.#links.add(link);
  }

  /**
   * Keeps what was seen at WeChat before a call, and renews its claim; false where the claim is lost. Shares its statement
   * with others.
   */
  async snapshot(taken: Snapshot): Promise<boolean> {
    await endAudit(this.pool, this.publisher, taken);
    return this.#snapshots.add(taken);
  }

  /** Takes operations in doubt that WeChat is to be asked about now; nobody else gets them for `leaseMs`. */
  takeDoubts(limit: number, leaseMs: number): Promise<Doubt[]> {
    return takeDoubts(this.pool, limit, leaseMs);
  }

  /** Writes that an answer did not settle a doubt; false where it was settled meanwhile. */
  recheckDoubtLater(answer: RecheckLater): Promise<boolean> {
    return recheckDoubtLater(this.pool, answer);
  }

  /** Writes what WeChat's answer made of an operation in doubt; false where it was settled meanwhile. */
  settleDoubt(settlement: SettlementWithAudits, asks: number): Promise<boolean> {
    return settleDoubt(this.pool, this.publisher, settlement, asks);
  }

  cancel(id: string, toEvent: (operation: OperationEntity) => OutboxEvent): Promise<Cancelled> {
    return cancel(this.pool, this.publisher.writer, id, toEvent);
  }

  /** Cancels those of these queries that were never sent to WeChat; gives how many. */
  cancelUnsentQueries(ids: string[], toEvent: (operation: OperationEntity) => OutboxEvent): Promise<number> {
    return cancelUnsentQueries(this.pool, this.publisher.writer, ids, toEvent);
  }

  resolve(
    request: { id: string } & ResolvedBy,
    decide: (operation: OperationEntity) => Resolved,
    toEvent: (operation: ClaimedOperation) => OutboxEvent,
  ): Promise<Resolve> {
    return resolve(this.pool, this.publisher, request, decide, toEvent);
  }

  /** Keeps a push and binds it to its audit, durable when it resolves; shares its transaction with others. */
  recordPush(push: ReceivedPush): Promise<PushOutcome> {
    return this.#pushes.add(push);
  }

  /** Shares its statement with others. Rejects with the signal's reason where that is aborted before it begins. */
  findOperation(id: string, signal?: AbortSignal): Promise<OperationEntity | undefined> {
    return this.#finds.add(id, signal);
  }

  findOperations(ids: string[]): Promise<OperationEntity[]> {
    return ids.length === 0 ? Promise.resolve([]) : findOperations(this.pool, ids);
  }

  /**
   * One page, over connections of its own: slow lists delay nothing else. Rejects with the signal's reason where that is
   * aborted before the statement begins.
   */
  listOperations(filter: OperationFilter, signal?: AbortSignal): Promise<OperationPage> {
    return unlessAborted(this.pools.lists, signal, (client) => listOperations(client, filter));
  }

  /** Rejects with the signal's reason where that is aborted before the statement begins. */
  listUnfinished(filter: UnfinishedFilter, signal?: AbortSignal): Promise<OperationEntity[]> {
    return unlessAborted(this.pool, signal, (client) => listUnfinished(client, filter));
  }

  /** The version that was submitted to an audit; empty where the audit is not of this service. */
  async versionOfAudit(appid: string, auditId: string): Promise<string> {
    const { rows } = await this.pool.query<{ user_version: string }>(
      'select user_version from audits where appid = $1 and audit_id = $2',
      [appid, auditId],
    );
    return rows[0]?.user_version ?? '';
  }

  /** Takes the open audits that are due to be asked about. */
  takeDueAudits(schedule: PollSchedule): Promise<DueAudit[]> {
    return takeDueAudits(this.pool, schedule);
  }

  /** The version that this service committed last before an operation; empty where there is none. */
  versionCommittedBefore(appid: string, operationId: string): Promise<string> {
    return versionCommittedBefore(this.pool, appid, operationId);
  }

  deleteOld(what: Retained, retention: Retention): Promise<number> {
    return deleteOld(this.pool, what, retention);
  }

  /** Rejects where Postgres does not answer. */
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

  /** How many events of this app wait for Kafka. */
  async outboxDepth(): Promise<number> {
    const { rows } = await this.pools.probes.query<{ n: string }>(
      'select count(*) as n from outbox where writer = $1',
      [this.publisher.writer],
    );
    return Number(rows[0]?.n);
  }

  /** Takes places for calls to an API, for all workers; none where it has no limit. `configured` 0: none of ours. */
  takeReservations(api: string, wanted: number, configured: number): Promise<Reservations | undefined> {
    return takeReservations(this.pool, api, wanted, configured);
  }

  /** Lowers the rate of an API for all workers; it grows again by itself. */
  cutRate(api: string, configured: number, observed: number): Promise<void> {
    return cutRate(this.pool, api, configured, observed);
  }

  readApiLimits(configured: number): Promise<ApiLimit[]> {
    return readApiLimits(this.pool, configured);
  }

  /** Stops an API for the whole platform until the month turns in China. */
  stopApi(api: string, errcode: number, errmsg: string): Promise<void> {
    return stopApi(this.pool, api, errcode, errmsg);
  }

  /** Parks an operation in Postgres until a stopped API opens. */
  parkForApi(id: string, api: string, partition: number): Promise<{ stopped: boolean; parked: boolean }> {
    return parkForApi(this.pool, id, api, partition);
  }

  /** Takes or renews a lease; false where another holds it. */
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

  /** Raises the id from which the outbox is read, above those that were deleted; done twice a second. */
  raiseOutboxFloor(): Promise<void> {
    return this.publisher.floor.raise();
  }

  /** Keeps an event that Kafka refuses for ever beside the outbox, with the reason. */
  quarantine(event: OutboxRow, reason: string): Promise<void> {
    return quarantine(this.pools.relay, this.publisher.writer, event, reason);
  }

  /** How many events of this app were set aside. */
  async quarantinedEvents(): Promise<number> {
    const { rows } = await this.pools.probes.query<{ n: string }>(
      'select count(*) as n from outbox_refused where writer = $1',
      [this.publisher.writer],
    );
    return Number(rows[0]?.n);
  }

  /** Tells the process that holds the relay's lease that there is something to send. */
  async notify(channel: string): Promise<void> {
    await this.pools.relay.query('select pg_notify($1, $2)', [channel, '']);
  }

  /** Calls `onNotify` for every notification on a channel until the result is called; reconnects by itself. */
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
