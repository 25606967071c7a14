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
import { AuditPoller } from './audits/audit-poller.js';
import { Backlog } from './backlog/backlog.js';
import { LostCommands } from './backlog/lost-commands.js';
import { Room } from './backlog/room.js';
import type { Config } from './config.js';
import { DeadLetters } from './dead-letters.js';
import { type LaneEntry, laneEntry } from './lanes/lane-entry.js';
import { Lanes } from './lanes/lanes.js';
import { Permits } from './lanes/permits.js';
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
import { PlatformLimits } from './pacing/platform-limits.js';
import { RateLimits } from './pacing/rate-limits.js';
import { Sweeper } from './parking/sweeper.js';
import { CHECK_TIMEOUT_FACTOR, DoubtCheck, MAX_THROTTLE_MS } from './resolving/doubt-check.js';
import { Reconciler } from './resolving/reconciler.js';
import { WechatConnection } from './retrying/wechat-connection.js';
import { AttemptRunner } from './running/attempt-runner.js';
import { SOURCE } from './running/settlement.js';
import { CodeExchanger } from './tokens/code-exchanger.js';
import { ComponentTokens } from './tokens/component-tokens.js';
import { EndpointTokens } from './tokens/endpoint-tokens.js';
import { StaticTokens } from './tokens/static-tokens.js';
import type { TokenSource } from './tokens/token-source.js';
import { WorkerReport } from './worker-report.js';

const GROUP = 'wxa-release-worker';
/** Nobody's next call waits for an outcome to be published. */
const OUTCOME_INTERVAL_MS = 20;
/** How long what is in flight may take to finish at a stop. */
const FINISH_MS = 7_000;
/** Beyond the calls in flight: WeChat calls never wait for a connection, so none is sent later than its claim allows. */
const SPARE_CONNECTIONS = 8;

/** The whole worker: what it is made of, and the order in which it starts and stops. */
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

  /** Waits for Postgres and Kafka as long as it takes, then works. */
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

  /** No new work; what is in flight finishes, its offsets are committed, its events are sent. */
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
    const component = tokenStore && this.#componentTokens(store, tokenStore, () => reach);
    const tokens = component ?? tokenSource(config);
    const reach: WechatConnection = new WechatConnection({
      client: {
        baseUrl: config.WECHAT_API_URL,
        timeoutMs: config.WECHAT_TIMEOUT_MS,
        connections: config.WORKER_CONCURRENCY + SPARE_CONNECTIONS,
      },
      store,
      tokens,
      onRetry: (granted) => retriesTotal.inc({ result: granted ? 'granted' : 'throttled' }),
      onChange: (probes) => report.breaker(reach.breaker.openSince, probes),
    });
    const { client, breaker, budget } = reach;
    const sweeper = new Sweeper(store, {
      retention: { queriesMs: config.QUERY_RETENTION_MS, changesMs: config.CHANGE_RETENTION_MS },
      onFailure,
    });
    const poller = new AuditPoller(store, {
      afterMs: config.AUDIT_POLL_AFTER_MS,
      intervalMs: config.AUDIT_POLL_INTERVAL_MS,
      onAsked: () => relay.notify(),
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
    const resolver = new Reconciler(store, {
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
          'in doubt, and WeChat can not tell: see ResolveOperation',
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
      onTried: (api, result, seconds) => wechatCallSeconds.observe({ api, result }, seconds),
      onSettled: ({ state, event, auditEffect }, { released, outboxId }) => {
        settledTotal.inc({ state });
        if (event !== null) relay.publish(event, outboxId);
        // There may be events about an audit with it.
        if (auditEffect !== null) relay.notify();
        backlog.insert(released);
        if (state === 'IN_DOUBT') resolver.wakeUpIn(0);
      },
      onFenced: ({ id, appid, fence }) => {
        fencedTotal.inc();
        logger.warn(
          { operation: id, appid, attempt: fence },
          'a settlement was fenced out: another claimed or settled it',
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
      reach.stop();
      // A call longer than that is found by the next worker, when its claim has run out.
      const ended = Promise.all([lanes.stop(), resolver.stop(), platform.stop(), exchanger?.stop()]);
      await Promise.race([ended.then(() => component?.stop()), delay(FINISH_MS)]);
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
    resolver.start();
    exchanger?.start();
    await consumer.start();
    backlog.start();
    lost.start();
  }

  #consumer(
    connection: KafkaConnection,
    deadLetters: DeadLetters,
    backlog: Backlog,
    onDealtAnew: () => void,
  ): RecordConsumer {
    const throttleAbove = this.config.WORKER_CONCURRENCY;
    const options = { topic: TOPICS.commands, group: GROUP, logger: this.logger, throttleAbove };
    return new RecordConsumer(connection, options, {
      onRecord: (record) => this.#receive(record, backlog, deadLetters),
      onAssigned: (partitions) => {
        onDealtAnew();
        this.readiness.set('kafka', true, `partitions ${partitions.join(', ')}`);
      },
      onFatal: (error) => {
        // kafkajs will not start this consumer again: a new process will.
        this.logger.fatal({ error: String(error) }, 'the consumer ended');
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

  /** Rejects with MissingKeyError where secrets are stored that this process could not read. */
  async #openTokens(store: Store): Promise<TokenStore | undefined> {
    const { SECRETS_KEY: key, SECRETS_KEY_PREVIOUS: previous, WECHAT_TOKEN_SOURCE: source } = this.config;
    if (key === undefined || source !== 'component') return undefined;
    const tokens = store.tokens(new Secrets(key, previous));
    await tokens.checkKeys();
    return tokens;
  }

  /** @param reach is made with these tokens, and they reach WeChat by it. */
  #componentTokens(store: Store, tokens: TokenStore, reach: () => WechatConnection): ComponentTokens {
    const { WECHAT_COMPONENT_APPID, WECHAT_COMPONENT_APPSECRET, WECHAT_TIMEOUT_MS } = this.config;
    return new ComponentTokens({
      store,
      tokens,
      client: () => reach().client,
      componentAppid: WECHAT_COMPONENT_APPID ?? '',
      componentAppsecret: WECHAT_COMPONENT_APPSECRET ?? '',
      timeoutMs: WECHAT_TIMEOUT_MS,
      isUnavailable: () => reach().breaker.isOpen,
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
