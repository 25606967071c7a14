import { randomUUID } from 'node:crypto';
import type { ClientBase, Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { versionCommittedBefore, versionOf } from './audits/audits.js';
import { trustPush } from './audits/confirm-rejection.js';
import { findAudit, listAudits } from './audits/list-audits.js';
import { recordPushes } from './audits/record-push.js';
import { takeDueAudits } from './audits/take-due-audits.js';
import type { Secrets } from './authorizers/secrets.js';
import { TokenStore, tokenStore } from './authorizers/token-store.js';
import { delay } from './backlog/delay.js';
import { delayForApi } from './backlog/delay-for-api.js';
import * as lost from './backlog/find-lost.js';
import * as loading from './backlog/load-backlog.js';
import { readBacklog } from './backlog/read-backlog.js';
import { releaseIfEnded, releaseMissed } from './backlog/release-blocked.js';
import { Batches, bound } from './bound.js';
import { countCallerUsage, readCallerUsage } from './callers/caller-usage.js';
import { listTrail } from './callers/list-trail.js';
import { type Actor, recordDenied, recordPolicy } from './callers/trail.js';
import { createDataSource, type DataSourceOptions, openPools, type Pools } from './data-source.js';
import { ConnectedServers, History, type HistoryTools } from './history/history.js';
import { readWorkers, removeInstance, reportInstance } from './instances.js';
import * as leases from './leases.js';
import { readApiLimits } from './limits/api-limits.js';
import { liftStops, stopApi } from './limits/api-stop.js';
import { lastQuota } from './limits/audit-quota.js';
import { readPlatformState } from './limits/platform-state.js';
import { cutRate } from './limits/rates.js';
import { addQuota, lookAtQuota } from './limits/read-quota.js';
import { readClock, takeReservations } from './limits/reservations.js';
import type { BatchName } from './observer.js';
import { accept, acceptImport, askStatus, hasAccepted } from './operations/accept.js';
import { AttachmentStore } from './operations/attachments.js';
import { cancel, cancelUnsentQueries } from './operations/cancel.js';
import { claimOn } from './operations/claim.js';
import { recheckDoubtLater, settleDoubt, takeDoubts } from './operations/doubts.js';
import { listLanes } from './operations/list-lanes.js';
import { listOperations } from './operations/list-operations.js';
import {
  findEach,
  findOperations,
  findRequests,
  listChanged,
  listUnfinished,
  lookUp,
  operationsOfTarget,
} from './operations/read-operations.js';
import { resolve } from './operations/resolve.js';
import { bytesOfSettlement, settleAndClaim, settleWithAudits } from './operations/settle.js';
import { endAudit, type Snapshot, snapshot } from './operations/snapshot.js';
import { advanceOutbox, countQuarantined, OutboxFloor, type Publisher, quarantine } from './outbox.js';
import { matchAllDeferred } from './restore/restore-audits.js';
import { deleteOld, type Retained, type Retention } from './retention.js';
import { rolloutCalls } from './rollouts/calls/rollout-calls.js';
import { rejectIfBehind } from './schema/schema.js';
import { hasAsyncStandby } from './server/async-standby.js';
import { Connections } from './server/connections.js';
import { PostgresProbe } from './server/postgres-probe.js';
import { repeated } from './server/repeated-statements.js';
import { ServerReader } from './server/server-reader.js';
import { mayDeleteTrail } from './server/trail-rights.js';
import { runTurn } from './turns/turn.js';

/**
 * Everything that is stored in Postgres, by noun; the methods of each are the functions of their statements. The state of an
 * operation changes only in accept, claim, settle, cancel, resolve and settle-doubt, and its events are written to the outbox
 * in the same transaction.
 */
export class Store {
  readonly operations;
  readonly doubts;
  readonly audits;
  readonly attachments: AttachmentStore;
  readonly backlog;
  readonly outbox;
  readonly limits;
  readonly leases;
  readonly callers;
  readonly instances;
  /** Concurrent calls share one read. */
  readonly platformState;
  readonly rollouts;
  /** Not started. */
  readonly probe: PostgresProbe;
  private readonly connections: Connections;
  readonly #shared: Batches;
  /** Follows `probe`. */
  readonly history: History;

  private constructor(
    private readonly dataSource: DataSource,
    private readonly pools: Pools,
    private readonly publisher: Publisher & { floor: OutboxFloor },
    { shared, ...servers }: Pick<HistoryTools, 'reader' | 'servers'> & { shared: Batches },
  ) {
    this.#shared = shared;
    const { calls, batches, relay, lists, pushes, counts, probe } = pools;
    this.probe = new PostgresProbe(probe, servers.reader);
    const cautious = {
      ...{ ...publisher, ...askStatus(publisher) },
      mayHaveLostTime: (client: ClientBase) => this.history.mayHaveLostTimeOn(client),
    };
    this.history = new History({ pool: calls, publisher: cautious, ...servers });
    this.probe.onStatus((status) => this.history.follow(status));
    this.connections = new Connections(Object.values(pools));
    this.probe.onStatus((status) => this.connections.follow(status));
    this.operations = {
      ...batchedOperations(shared, pools, cautious, this.history),
      ...bound([calls], { hasAccepted, findAll: findOperations, listChanged, listUnfinished }),
      ...bound([calls, publisher], { acceptImport }),
      ...bound([calls, cautious], { cancel, cancelUnsentQueries }),
      // Separate connections, so that slow lists delay nothing else.
      ...bound([lists], { list: listOperations, listLanes, ofTarget: operationsOfTarget }),
    };
    this.doubts = {
      ...bound([calls], { recheckLater: recheckDoubtLater }),
      ...bound([calls, cautious], { take: takeDoubts, settle: settleDoubt, resolve }),
    };
    this.audits = {
      ...bound([calls], { takeDue: takeDueAudits, versionOf, versionCommittedBefore }),
      ...bound([calls, cautious], { matchDeferred: matchAllDeferred, trustPush }),
      ...bound([lists], { list: listAudits, find: findAudit }),
      recordPush: shared.of('callback', recordPushes.bind(undefined, pushes, cautious), { parallel: 1 }),
    };
    this.attachments = new AttachmentStore(calls);
    this.backlog = {
      delay: shared.of('other', delay.bind(undefined, calls), BACKLOG),
      lookUp: shared.of('other', lookUp.bind(undefined, calls), BACKLOG),
      ...bound([calls], { ...loading, ...lost, releaseIfEnded, releaseMissed }),
      ...bound([counts], { count: readBacklog }),
    };
    this.outbox = {
      ...bound([batches, publisher], { advance: advanceOutbox }),
      ...bound([relay, publisher], { quarantine }),
      ...bound([counts, publisher], { quarantined: countQuarantined }),
      raiseFloor: () => publisher.floor.raise(),
    };
    this.limits = limitsOf(calls, publisher);
    this.platformState = shared.of('other', readPlatformState.bind(undefined, counts), PLATFORM);
    this.leases = bound([relay], leases);
    this.instances = {
      ...bound([calls], { report: reportInstance, remove: removeInstance }),
      ...bound([repeated(calls)], { workers: readWorkers }),
    };
    this.rollouts = { ...rolloutCalls(pools, publisher), ...bound([calls, cautious], { turn: runTurn }) };
    this.callers = callersOf(pools, publisher);
  }

  /**
   * Connects. Rejects with SchemaBehindError, or with the driver's error if Postgres is unavailable.
   * @param claimsAreChecked changes are claimed only on a server that has passed the history check.
   */
  static async open(
    options: DataSourceOptions,
    publisher: Omit<Publisher, 'replica' | 'floor'>,
    { claimsAreChecked = false } = {},
  ): Promise<Store> {
    const dataSource = createDataSource(options);
    await dataSource.initialize();
    await rejectIfBehind(dataSource);
    const reader = new ServerReader();
    const servers = claimsAreChecked ? new ConnectedServers(reader) : undefined;
    const pools = openPools(dataSource, options, servers?.identify);
    const floor = new OutboxFloor(pools.calls, publisher.writer);
    await floor.start();
    const shared = new Batches(options.observer);
    const all = { reader, servers, shared };
    return new Store(dataSource, pools, { ...publisher, replica: randomUUID(), floor }, all);
  }

  /** The stored tickets, tokens and authorizations, encrypted with the given keys. */
  tokens(secrets: Secrets): TokenStore {
    return tokenStore(this.pools, this.#shared, secrets, this.publisher.onRecorded);
  }

  /** Deletes rows that are older than their retention. Returns how many. */
  deleteOld(what: Retained, retention: Retention): Promise<number> {
    return deleteOld(this.pools.calls, what, retention);
  }

  /** Calls `listener` with the error of each idle connection that is lost. */
  onConnectionLost(listener: (error: Error) => void): void {
    this.connections.onLost(listener);
  }

  /** How many items wait for a statement, by batch. */
  get waiting(): Map<BatchName, number> {
    return this.#shared.waiting();
  }

  /** The connections of each pool: in use, idle, and requests that wait for one. */
  get pooled(): Map<keyof Pools, Record<'active' | 'idle' | 'waiting', number>> {
    const each = Object.entries(this.pools) as [keyof Pools, Pool][];
    return new Map(
      each.map(([name, { totalCount, idleCount: idle, waitingCount: waiting }]) => [
        name,
        { active: totalCount - idle, idle, waiting },
      ]),
    );
  }

  /** Whether the role of the connections may delete rows of the audit trail. */
  mayDeleteTrail(): Promise<boolean> {
    return mayDeleteTrail(this.pools.counts);
  }

  /** Whether a standby is connected although commits wait for none, so that a failover can lose some. */
  hasAsyncStandby(): Promise<boolean> {
    return hasAsyncStandby(this.pools.counts);
  }

  async close(): Promise<void> {
    this.probe.stop();
    await this.publisher.floor.stop();
    const { calls: _, ...others } = this.pools;
    await Promise.all(Object.values(others).map((pool) => pool.end()));
    await this.dataSource.destroy();
  }
}

/** The calls in flight bound the number of queued claims and settlements. None may be rejected, so only batches are limited. */
const MAX_BATCH_BYTES = 8 * 1024 ** 2;
/** Callers that repeat the call cause at most five slow reads a second, or quick ones for a fifth of the time. */
const PLATFORM = { parallel: 1, minIntervalMs: 200, maxShare: 0.2 };
const BACKLOG = { maxBatch: 500, maxWaiting: 100_000, parallel: 1 };

function limitsOf(calls: Pool, publisher: Publisher) {
  return {
    ...bound([calls], { takeReservations, cutRate }),
    ...bound([repeated(calls)], { read: readApiLimits, stop: stopApi, clock: readClock }),
    ...bound([calls], { lastQuota, addQuota }),
    ...bound([calls, publisher], { lookAtQuota }),
    lift: (by: Actor, api: string, reason: string) => liftStops(calls, { ...publisher, by }, [api], reason),
  };
}

function callersOf({ calls, lists }: Pools, publisher: Publisher) {
  return {
    ...bound([calls], { count: countCallerUsage }),
    ...bound([repeated(calls)], { usage: readCallerUsage }),
    ...bound([calls, publisher], { recordDenied, recordPolicy }),
    ...bound([lists], { listTrail }),
  };
}

function batchedOperations(
  shared: Batches,
  pools: Pools,
  publisher: Publisher,
  { rejectUnverified }: History,
) {
  const { calls, batches } = pools;
  const snapshots = shared.of('note', snapshot.bind(undefined, batches), { parallel: 1 });
  return {
    /** Durable when it resolves. */
    accept: shared.of('accept', accept.bind(undefined, batches, publisher), {
      // An accept has its request twice, in its row and in its command, of at most 768 KiB each.
      bytesOf: ({ request, command }) => Buffer.byteLength(request) + Buffer.byteLength(command.value),
      maxBytes: 64 * 1024 ** 2,
      maxBatchBytes: MAX_BATCH_BYTES,
      // One batch at a time keeps the order in which this process accepts.
      parallel: 1,
      // At a few hundred accepts a second, several share a transaction, a produce request, a fetch and a claim. The delay is
      // below the round trip of a busy database.
      minIntervalMs: 4,
    }),
    claim: shared.of('claim', claimOn.bind(undefined, batches, rejectUnverified), {
      bytesOf: ({ requestBytes = 0 }) => requestBytes,
      maxBatchBytes: MAX_BATCH_BYTES,
      parallel: 2,
      // The delay costs no throughput: if permits are scarce, operations are claimed before a permit is free.
      minIntervalMs: 5,
    }),
    settle: shared.of('settle', settleWithAudits.bind(undefined, pools, publisher), {
      bytesOf: bytesOfSettlement,
      maxBatchBytes: MAX_BATCH_BYTES,
      parallel: 2,
      // No call waits for a settlement alone: an operation that can start right after a settlement is claimed together with
      // it, in other batches.
      minIntervalMs: 10,
    }),
    /** The settlement has no effect on audits. */
    settleAndClaim: shared.of('link', settleAndClaim.bind(undefined, batches, publisher, rejectUnverified), {
      bytesOf: ({ settlement }) => bytesOfSettlement(settlement),
      maxBatchBytes: MAX_BATCH_BYTES,
      parallel: 2,
    }),
    /** Ends the audit that the snapshot shows as ended, or rejects; then stores the snapshot. Returns false if the claim is lost. */
    snapshot: async (taken: Snapshot): Promise<boolean> => {
      await endAudit(calls, publisher, taken);
      return snapshots(taken);
    },
    delayForApi: shared.of('other', delayForApi.bind(undefined, calls), BACKLOG),
    find: shared.of('other', findEach.bind(undefined, calls), { parallel: 2 }),
    findRequest: shared.of('other', findRequests.bind(undefined, calls), { parallel: 2 }),
  };
}
