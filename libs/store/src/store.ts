import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { AttachmentStore } from './attachments.js';
import { AuditStore } from './audits/audit-store.js';
import type { Secrets } from './authorizers/secrets.js';
import { TokenStore } from './authorizers/token-store.js';
import { BacklogStore } from './backlog/backlog-store.js';
import { createDataSource, type DataSourceOptions, openPools, type Pools } from './data-source.js';
import { DoubtStore } from './doubts/doubt-store.js';
import { LeaseStore } from './leases/lease-store.js';
import { LimitStore } from './limits/limit-store.js';
import { OperationStore } from './operations/operation-store.js';
import type { Publisher } from './outbox/author.js';
import { OutboxFloor } from './outbox/outbox-floor.js';
import { OutboxStore } from './outbox/outbox-store.js';
import { deleteOld, type Retained, type Retention } from './retention.js';
import { isSchemaBehind } from './schema.js';

/** The schema lacks a migration; run `npm run migrate` first. */
export class SchemaBehindError extends Error {
  constructor() {
    super('the database schema is behind: run `npm run migrate` first');
    this.name = 'SchemaBehindError';
  }
}

/**
 * Everything that is stored in Postgres, by noun. The state of an operation changes only in accept, claim, settle, cancel,
 * resolve and settle-doubt, and its events are written to the outbox in the same transaction.
 */
export class Store {
  readonly operations: OperationStore;
  readonly doubts: DoubtStore;
  readonly audits: AuditStore;
  readonly attachments: AttachmentStore;
  readonly backlog: BacklogStore;
  readonly outbox: OutboxStore;
  readonly limits: LimitStore;
  readonly leases: LeaseStore;

  private constructor(
    private readonly dataSource: DataSource,
    private readonly pools: Pools,
    private readonly publisher: Publisher & { floor: OutboxFloor },
  ) {
    const { calls, relay } = pools;
    this.operations = new OperationStore(pools, publisher);
    this.doubts = new DoubtStore(calls, publisher);
    this.audits = new AuditStore(pools, publisher);
    this.attachments = new AttachmentStore(calls);
    this.backlog = new BacklogStore(calls);
    this.outbox = new OutboxStore(pools, publisher);
    this.limits = new LimitStore(calls);
    this.leases = new LeaseStore(relay);
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

  /** Deletes rows that are older than their retention. Returns how many. */
  deleteOld(what: Retained, retention: Retention): Promise<number> {
    return deleteOld(this.pools.calls, what, retention);
  }

  /** Rejects if Postgres is unavailable. */
  async ping(): Promise<void> {
    await this.pools.probes.query('select 1');
  }

  async close(): Promise<void> {
    await this.publisher.floor.stop();
    const { calls: _, ...others } = this.pools;
    await Promise.all(Object.values(others).map((pool) => pool.end()));
    await this.dataSource.destroy();
  }
}
