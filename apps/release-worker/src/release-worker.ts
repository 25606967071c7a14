import { setTimeout as delay } from 'node:timers/promises';
import { collectDefaultMetrics } from '@prometheus-io/client';
import { auditEvents, readCommand, TOPICS } from '@wxa/contracts';
import {
  connectKafka,
  ensureGroup,
  ensureTopics,
  type KafkaConnection,
  OutboxRelay,
  PartitionEnds,
  type ReceivedRecord,
  RecordConsumer,
  SerialProducer,
} from '@wxa/kafka';
import { type Logger, type Readiness, untilItWorks } from '@wxa/service';
import { Secrets, Store, type TokenStore } from '@wxa/store';
import { parseReasons } from '@wxa/wxa-client';
import { AttemptRunner } from './attempt/run-attempt.js';
import { Backlog } from './backlog/backlog.js';
import { LostCommands } from './backlog/lost-commands.js';
import { Room } from './backlog/room.js';
import type { Config } from './config.js';
import { DeadLetters } from './dead-letters.js';
import { type LaneEntry, laneEntry } from './lanes/lane-entry.js';
import { Lanes } from './lanes/lanes.js';
import {
  deadLettersTotal,
  fencedTotal,
  RECONCILIATION_RESULTS,
  reconciliationsTotal,
  registerGauges,
  retriesTotal,
  settledTotal,
  wechatCallSeconds,
} from './metrics.js';
import { CHECK_TIMEOUT_FACTOR, DoubtCheck, MAX_THROTTLE_MS } from './reconcile/doubt-check.js';
import { Reconciler } from './reconcile/reconciler.js';
import { AuditPoller } from './schedule/audit-poller.js';
import { Sweeper } from './schedule/sweeper.js';
import { SOURCE } from './settle/settlement.js';
import { Permits } from './throttle/permits.js';
import { PlatformLimits } from './throttle/platform-limits.js';
import { RateLimits } from './throttle/rate-limits.js';
import { CodeExchanger } from './tokens/code-exchanger.js';
import { ComponentTokens } from './tokens/component-tokens.js';
import { EndpointTokens } from './tokens/endpoint-tokens.js';
import { StaticTokens } from './tokens/static-tokens.js';
import type { TokenSource } from './tokens/token-source.js';
import { WechatConnection } from './wechat/wechat-connection.js';
import { WorkerReport } from './worker-report.js';

const GROUP = 'wxa-release-worker';
/** No caller waits for outcomes, so they are published in batches. */
const OUTCOME_INTERVAL_MS = 20;
/** Maximum time for calls in flight to end at shutdown. */
const SHUTDOWN_MS = 7_000;
/** More connections than calls in flight, so that no call waits for one and is sent after its lease has expired. */
const SPARE_CONNECTIONS = 8;

/** The composition root of the worker: its parts, and the order in which they start and stop. */
export class ReleaseWorker {
  #store: Store | undefined;
  #stop: () => Promise<void> = async () => undefined;
  readonly #report: WorkerReport;

  constructor(
    private readonly config: Config,
    private readonly logger: Logger,
    private readonly readiness: Readiness,
  ) {
    this.#report = new WorkerReport(logger, readiness);
  }

  /** Waits for Postgres and Kafka without limit, then starts. */
  async start(): Promise<void> {
    const { config, logger } = this;
    collectDefaultMetrics();
    const store = await untilItWorks(logger, 'Postgres', () => this.#openStore());
    this.#store = store;
    await this.#report.watchStore(store);
    const connection = connectKafka({
      brokers: config.KAFKA_BROKERS,
      clientId: 'wxa-release-worker',
      topicPrefix: config.KAFKA_TOPIC_PREFIX,
      deployment: config.DEPLOYMENT_NAME,
      logger,
    });
    await untilItWorks(logger, 'Kafka', () =>
      ensureTopics(connection, {
        partitions: config.KAFKA_TOPIC_PARTITIONS,
        replicationFactor: config.KAFKA_REPLICATION_FACTOR,
      }),
    );
    await untilItWorks(logger, 'Kafka', () => ensureGroup(connection, GROUP));
    await this.#work(store, connection);
  }

  /** Stops new work; calls in flight end, their offsets are committed and their events published. */
  async stop(): Promise<void> {
    this.readiness.set('kafka', false, 'stopping');
    this.#report.stop();
    await this.#stop();
    await this.#store?.close();
  }

  async #work(store: Store, connection: KafkaConnection): Promise<void> {
    const { config, logger } = this;
    const report = this.#report;
    const onFailure = (error: unknown) => report.storeFailed(error);
    const relay = new OutboxRelay(store, connection, {
      writer: 'release-worker',
      logger,
      minIntervalMs: OUTCOME_INTERVAL_MS,
    });
    const producer = new SerialProducer(connection);
    const deadLetters = new DeadLetters(connection, producer, (reason) => deadLettersTotal.inc({ reason }));
    const tokenStore = await this.#openTokens(store);
    const component = tokenStore && this.#componentTokens(store, tokenStore, () => wechat);
    const tokens = component ?? tokenSource(config);
    const wechat: WechatConnection = new WechatConnection({
      client: {
        baseUrl: config.WECHAT_API_URL,
        timeoutMs: config.WECHAT_TIMEOUT_MS,
        connections: config.WORKER_CONCURRENCY + SPARE_CONNECTIONS,
      },
      store,
      tokens,
      onRetry: (granted) => retriesTotal.inc({ result: granted ? 'granted' : 'throttled' }),
      onChange: (probes) => report.breaker(wechat.breaker.openSince, probes),
    });
    const { client, breaker, budget } = wechat;
    const sweeper = new Sweeper(store, {
      retention: { queriesMs: config.QUERY_RETENTION_MS, changesMs: config.CHANGE_RETENTION_MS },
      onFailure,
    });
    const poller = new AuditPoller(store, {
      afterMs: config.AUDIT_POLL_AFTER_MS,
      intervalMs: config.AUDIT_POLL_INTERVAL_MS,
      onQueried: () => relay.notify(),
      onFailure,
    });
    const platform = new PlatformLimits(store, {
      perApi: config.WECHAT_RATE_PER_API,
      onFailure,
      onLimits: (limits) => report.limits(limits),
    });
    const calling = {
      store,
      client,
      tokens,
      breaker,
      limits: new RateLimits({ perAppid: config.WECHAT_RATE_PER_APPID }, platform),
      permits: new Permits(config.WORKER_CONCURRENCY),
      timeoutMs: config.WECHAT_TIMEOUT_MS,
      deadlineMs: config.OPERATION_DEADLINE_MS,
      dailyQuota: config.WECHAT_DAILY_QUOTA_POLICY,
    };
    const reconciler = new Reconciler(store, {
      doubtCheck: new DoubtCheck(calling),
      dailyQuota: config.WECHAT_DAILY_QUOTA_POLICY,
      mayReconcile: () => !breaker.isOpen,
      askLeaseMs:
        CHECK_TIMEOUT_FACTOR * config.WECHAT_TIMEOUT_MS +
        2 * MAX_THROTTLE_MS +
        config.OPERATION_LEASE_MARGIN_MS,
      onNeedsOperator: ({ id, appid, method }, why) =>
        logger.warn(
          { operation: id, appid, method, why },
          'reconciliation was inconclusive: resolve the operation with ResolveOperation',
        ),
      onAnswer: (method, answer) =>
        reconciliationsTotal.inc({ method, result: RECONCILIATION_RESULTS[answer] }),
      onSettled: (state) => {
        settledTotal.inc({ state });
        relay.notify();
        backlog.wakeUp();
      },
      onFailure,
    });
    const runner = new AttemptRunner({
      ...calling,
      tokenStore,
      budget,
      backlog: store.backlog,
      leaseMarginMs: config.OPERATION_LEASE_MARGIN_MS,
      onCall: (api, result, seconds) => wechatCallSeconds.observe({ api, result }, seconds),
      onSettled: ({ state, event, auditEffect }, { released, outboxId }) => {
        settledTotal.inc({ state });
        if (event !== null) relay.publish(event, outboxId);
        // The settlement may have written audit events too.
        if (auditEffect !== null) relay.notify();
        backlog.insert(released);
        if (state === 'IN_DOUBT') reconciler.wakeUpIn(0);
      },
      onFenced: ({ id, appid, fence }) => {
        fencedTotal.inc();
        logger.warn(
          { operation: id, appid, attempt: fence },
          'result discarded by the fencing token: another worker or an operator settled the operation',
        );
      },
      onUnknown: (entry) => this.#deadLetter(deadLetters, entry),
      onStoreFailure: onFailure,
    });
    const exchanger =
      component &&
      new CodeExchanger({
        store,
        codes: tokenStore,
        tokens: component,
        onFailure,
      });
    const lanes: Lanes = new Lanes(
      (entry, next) => runner.run(entry, next),
      (entry) => backlog.onRemoved(entry),
    );
    const backlog: Backlog = new Backlog({
      store: store.backlog,
      lanes,
      room: new Room(lanes, (api) => platform.perSecond(api)),
      partitions: () => consumer.assigned,
      owned: (partition) => consumer.owned(partition),
      openBytes: () => consumer.inFlightBytes,
      onUnknown: (entry) => this.#deadLetter(deadLetters, entry),
      onFailure,
    });
    const consumer: RecordConsumer = this.#consumer(connection, deadLetters, backlog, () => {
      lanes.dropUnclaimed();
      platform.releaseWaiters();
      breaker.releaseWaiters();
      backlog.onAssigned();
    });
    const ends = new PartitionEnds(connection, { topic: TOPICS.commands, group: GROUP }, consumer);
    const lost = new LostCommands({
      store: store.backlog,
      inLane: (id) => lanes.has(id),
      readToEnd: () => ends.readToEnd(),
      onRecovered: () => backlog.wakeUp(),
      onFailure,
    });
    registerGauges({
      laneOperations: () => lanes.size,
      inFlightRecords: () => consumer.inFlight,
      outboxDepth: () => store.outboxDepth(),
      quarantined: () => store.quarantinedEvents(),
    });
    this.#stop = async () => {
      consumer.pause();
      wechat.stop();
      // The next worker finds a longer call when its lease has expired.
      const ended = Promise.all([lanes.stop(), reconciler.stop(), platform.stop(), exchanger?.stop()]);
      await Promise.race([ended.then(() => component?.stop()), delay(SHUTDOWN_MS)]);
      await Promise.all([sweeper.stop(), poller.stop(), backlog.stop(), lost.stop()]);
      await consumer.stop();
      await relay.stop();
      await producer.disconnect();
      await client.close();
    };
    if (tokenStore !== undefined) report.countAuthorizers(tokenStore);
    relay.start();
    sweeper.start();
    poller.start();
    await platform.start();
    reconciler.start();
    exchanger?.start();
    await consumer.start();
    backlog.start();
    lost.start();
  }

  #consumer(
    connection: KafkaConnection,
    deadLetters: DeadLetters,
    backlog: Backlog,
    onRebalance: () => void,
  ): RecordConsumer {
    const throttleAbove = this.config.WORKER_CONCURRENCY;
    const options = { topic: TOPICS.commands, group: GROUP, logger: this.logger, throttleAbove };
    return new RecordConsumer(connection, options, {
      onRecord: (record) => this.#receive(record, backlog, deadLetters),
      onAssigned: (partitions) => {
        onRebalance();
        this.readiness.set('kafka', true, `partitions ${partitions.join(', ')}`);
      },
      onFatal: (error) => {
        // kafkajs does not restart this consumer: the process must be restarted.
        this.logger.fatal({ error: String(error) }, 'Kafka consumer stopped permanently');
        process.exit(1);
      },
    });
  }

  #receive(record: ReceivedRecord, backlog: Backlog, deadLetters: DeadLetters): void {
    const command = readCommand(record.key, record.value);
    if (command.kind === 'command') {
      const { operationId, appid, method } = command;
      backlog.receive(laneEntry(operationId, appid, method, record), record);
      return;
    }
    void deadLetters.publish(record, command.reason).then(() => record.done());
  }

  async #deadLetter(deadLetters: DeadLetters, { records }: LaneEntry): Promise<void> {
    for (const record of records) {
      if ('value' in record && record.isCurrent()) await deadLetters.publish(record, 'UNKNOWN_OPERATION');
    }
  }

  #openStore(): Promise<Store> {
    return Store.open(
      { url: this.config.DATABASE_URL, applicationName: 'wxa release-worker' },
      { writer: 'release-worker', toEvent: auditEvents(SOURCE, parseReasons) },
    );
  }

  /** Rejects with MissingKeyError if stored secrets cannot be decrypted with the configured keys. */
  async #openTokens(store: Store): Promise<TokenStore | undefined> {
    const { SECRETS_KEY: key, SECRETS_KEY_PREVIOUS: previous, WECHAT_TOKEN_SOURCE: source } = this.config;
    if (key === undefined || source !== 'component') return undefined;
    const tokens = store.tokens(new Secrets(key, previous));
    await tokens.checkKeys();
    return tokens;
  }

  /** @param connection is resolved lazily, because it is created with these tokens. */
  #componentTokens(store: Store, tokens: TokenStore, connection: () => WechatConnection): ComponentTokens {
    const { WECHAT_COMPONENT_APPID, WECHAT_COMPONENT_APPSECRET, WECHAT_TIMEOUT_MS } = this.config;
    return new ComponentTokens({
      store,
      tokens,
      client: () => connection().client,
      componentAppid: WECHAT_COMPONENT_APPID ?? '',
      componentAppsecret: WECHAT_COMPONENT_APPSECRET ?? '',
      timeoutMs: WECHAT_TIMEOUT_MS,
      isUnavailable: () => connection().breaker.isOpen,
      onStoreFailure: (error) => this.#report.storeFailed(error),
    });
  }
}

function tokenSource(config: Config): TokenSource {
  if (config.WECHAT_TOKEN_URL !== undefined && config.WECHAT_TOKEN_SOURCE === 'endpoint') {
    return new EndpointTokens(config.WECHAT_TOKEN_URL);
  }
  return new StaticTokens(config.WECHAT_STATIC_TOKENS ?? {});
}
