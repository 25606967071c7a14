import { randomUUID } from 'node:crypto';
import { type Audits, auditsOn } from '@wxa/audits';
import {
  type Directory,
  directory,
  listTokenReaders,
  type Secrets,
  type TokenStore,
  tokenStore,
} from '@wxa/authorizers';
import { authorizerEvent } from '@wxa/contracts';
import { computeAgain, type Fleet, fleetOn, keepOwnReleases } from '@wxa/fleet';
import { type Limits, limitsOn, setupOn } from '@wxa/limits';
import {
  AttachmentStore,
  askStatus,
  type Doubts,
  doubtsOn,
  findCommands,
  type Operations,
  operationsOn,
} from '@wxa/operations';
import { backlogOn } from '@wxa/operations/backlog';
import { ConnectedServers, History, type HistoryTools } from '@wxa/operations/history';
import {
  Batches,
  type BatchName,
  type Bound,
  bound,
  type DatabaseOptions,
  type Leases,
  leasesOn,
  openPools,
  type Pools,
  PostgresProbe,
  ServerReader,
  type Statements,
} from '@wxa/postgres';
import { type Outbox, OutboxFloor, outboxOn, type Publisher } from '@wxa/postgres/outbox';
import { type Rollouts, rolloutsOn } from '@wxa/rollouts/calls';
import { type Quota, quotaOn } from '@wxa/rollouts/turn';
import { mergedExtJson, readEffective, type Settings, settingsOn } from '@wxa/settings';
import type { ClientBase, Pool } from 'pg';
import { type Callbacks, callbacksOn } from './callbacks/callbacks-on.js';
import { type Callers, callersOn } from './callers/callers-on.js';
import { Connections } from './connections.js';
import { hasAsyncStandby, mayDeleteTrail } from './insecure-server.js';
import { type Instances, instancesOn } from './instances.js';
import { type PlatformState, readPlatformState } from './platform-state.js';
import { type BacklogCounts, readBacklog } from './read-backlog.js';
import { deleteOld, type Retained, type Retention } from './retention.js';

/** What readiness depends on: the effective settings, and the values that they require and lack. */
const settingsFor = async (on: Statements, appid: string) => {
  const effective = await readEffective(on, appid);
  const merged = mergedExtJson('{}', effective, appid);
  const absentPointers = merged.kind === 'missing' ? merged.pointers : [];
  return { settings: effective.settings, absentPointers };
};

/** Callers that repeat the call cause at most five slow reads a second, or quick ones for a fifth of the time. */
const PLATFORM = { parallel: 1, minIntervalMs: 200, maxShare: 0.2 };

/** Everything that is stored in Postgres, by noun, on the connections of one process. */
export class Store {
  readonly operations: Operations;
  readonly doubts: Doubts;
  readonly audits: Audits;
  readonly attachments: AttachmentStore;
  readonly backlog: ReturnType<typeof backlogOn> & { count(): Promise<BacklogCounts> };
  readonly outbox: Outbox;
  /** Of platform events. */
  readonly eventOutbox: Outbox;
  readonly callbacks: Callbacks;
  readonly limits: Limits & Quota;
  readonly setup: ReturnType<typeof setupOn>;
  readonly leases: Leases;
  readonly callers: Callers;
  readonly instances: Instances;
  readonly rollouts: Rollouts;
  readonly fleet: Fleet;
  /** Who has read tokens from the token service. */
  readonly tokenReaders: Bound<[Pool], { list: typeof listTokenReaders }>;
  readonly settings: Settings;
  /** Concurrent calls share one read. */
  readonly platformState: (apis: string[], signal?: AbortSignal) => Promise<PlatformState>;
  /** Not started. */
  readonly probe: PostgresProbe;
  /** Follows `probe`. */
  readonly history: History;
  private readonly connections: Connections;
  readonly #shared: Batches;

  private constructor(
    private readonly pools: Pools,
    private readonly publisher: Publisher & { floor: OutboxFloor; eventFloor: OutboxFloor },
    { shared, ...servers }: Pick<HistoryTools, 'reader' | 'servers'> & { shared: Batches },
  ) {
    this.#shared = shared;
    const { calls, counts, probe } = pools;
    this.probe = new PostgresProbe(probe);
    const cautious = {
      ...{ ...publisher, ...askStatus(publisher) },
      keepReleases: (client: ClientBase, ids: string[]) => keepOwnReleases(client, publisher, ids),
      mayHaveLostTime: (client: ClientBase) => this.history.mayHaveLostTimeOn(client),
    };
    this.history = new History({ pool: calls, publisher: cautious, ...servers });
    this.probe.onStatus((status) => this.history.follow(status));
    this.connections = new Connections(Object.values(pools));
    this.probe.onStatus((status) => this.connections.follow(status));
    this.operations = operationsOn(shared, pools, cautious, this.history);
    this.doubts = doubtsOn(calls, cautious);
    this.audits = auditsOn(shared, pools, cautious);
    this.attachments = new AttachmentStore(calls);
    this.backlog = { ...backlogOn(shared, calls), ...bound([counts], { count: readBacklog }) };
    this.outbox = outboxOn(pools, publisher, findCommands);
    const events = { ...publisher, writer: 'gateway-events', floor: publisher.eventFloor } as const;
    this.eventOutbox = outboxOn(pools, events, findCommands);
    this.callbacks = callbacksOn(shared, pools);
    this.limits = { ...limitsOn(calls, publisher), ...quotaOn(calls, publisher) };
    this.setup = setupOn(calls);
    this.platformState = shared.of('other', readPlatformState.bind(undefined, counts), PLATFORM);
    this.leases = leasesOn(pools);
    this.instances = instancesOn(pools);
    this.rollouts = rolloutsOn(pools, cautious);
    this.settings = settingsOn(pools, { ...publisher, onChanged: computeAgain });
    this.fleet = fleetOn(pools, publisher, settingsFor);
    this.callers = callersOn(pools, publisher);
    this.tokenReaders = bound([pools.lists], { list: listTokenReaders });
  }

  /**
   * Connects. Rejects with SchemaBehindError, or with the driver's error if Postgres is unavailable.
   * @param claimsAreChecked changes are claimed only on a server that has passed the history check.
   */
  static async open(
    options: DatabaseOptions,
    publisher: Omit<Publisher, 'replica' | 'floor'>,
    { claimsAreChecked = false } = {},
  ): Promise<Store> {
    const reader = new ServerReader();
    const servers = claimsAreChecked ? new ConnectedServers(reader) : undefined;
    const pools = await openPools(options, servers?.identify);
    const floor = new OutboxFloor(pools.calls, publisher.writer);
    const eventFloor = new OutboxFloor(pools.calls, 'gateway-events');
    await floor.start();
    if (publisher.writer === 'gateway') await eventFloor.start();
    const shared = new Batches(options.observer);
    const all = { reader, servers, shared };
    return new Store(pools, { ...publisher, replica: randomUUID(), floor, eventFloor }, all);
  }

  /** The mini-programs that authorized the platform, and what is stored of it, encrypted with the given keys. */
  tokens(secrets: Secrets): TokenStore {
    return tokenStore({ ...this.#directory(), secrets }, this.#shared, this.pools.tokens);
  }

  /** The mini-programs that authorized the platform, without tokens. */
  directory(): Directory {
    return directory({ ...this.#directory(), secrets: undefined }, this.#shared);
  }

  #directory() {
    const { writer, onRecorded } = this.publisher;
    return { ...this.pools, writer, onRecorded, toEvent: authorizerEvent };
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
    const { floor, eventFloor } = this.publisher;
    await Promise.all([floor.stop(), eventFloor.stop()]);
    await Promise.all(Object.values(this.pools).map((pool) => pool.end()));
  }
}
