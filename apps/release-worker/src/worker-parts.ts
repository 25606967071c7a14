import { METHODS, readCommand, TOPICS } from '@wxa/contracts';
import {
  ConsumerLag,
  OutboxRelay,
  PartitionEnds,
  type ReceivedRecord,
  RecordConsumer,
  SerialProducer,
  StuckConsumer,
} from '@wxa/kafka';
import type { ClaimedOperation, Settled, SettlementWithAudits } from '@wxa/operations';
import { endsWithin, leaseLog, observeRelay, traceSent } from '@wxa/service';
import { AttemptRunner } from './attempt/run-attempt.js';
import { waitingForAppid } from './attempt/waiting-lanes.js';
import { Backlog } from './backlog/backlog.js';
import { BACKLOG_LEASE, CallerUsageWriter } from './backlog/caller-usage.js';
import { LostCommands } from './backlog/lost-commands.js';
import { Room } from './backlog/room.js';
import { type Base, CallParts } from './call-parts.js';
import { GROUP } from './config.js';
import { DeadLetters, publishUnknown } from './dead-letters.js';
import { deploymentCounts } from './deployment-metrics.js';
import { HistoryCheck } from './history/history-check.js';
import { type LaneEntry, laneEntry } from './lanes/lane-entry.js';
import { Lanes } from './lanes/lanes.js';
import {
  countRebalance,
  deadLettersTotal,
  RECONCILIATION_RESULTS,
  reconciliationsTotal,
  registerConsumerGauges,
  registerGauges,
} from './metrics.js';
import { CHECK_TIMEOUT_FACTOR, DoubtCheck, MAX_THROTTLE_MS } from './reconcile/doubt-check.js';
import { Reconciler } from './reconcile/reconciler.js';
import { RolloutParts } from './rollouts/rollout-parts.js';
import { AuditPoller } from './schedule/audit-poller.js';
import { retentionOptions } from './schedule/retention-options.js';
import { Sweeper } from './schedule/sweeper.js';
import { SettlementReport } from './settle/settlement-report.js';

/** No caller waits for outcomes, so they are published in batches. */
const OUTCOME_INTERVAL_MS = 20;
/** How long a stop waits, after the calls, for Kafka and for housekeeping: neither decides the exit code. */
const LEAVE_MS = 2_000;

/** The composition root: builds the parts, each from those before it, and starts and stops them in order. */
export class WorkerParts {
  readonly #relay: OutboxRelay;
  readonly #producer: SerialProducer;
  readonly #deadLetters: DeadLetters;
  readonly #calls: CallParts;
  readonly #reconciler: Reconciler;
  readonly #runner: AttemptRunner;
  readonly #lanes: Lanes;
  readonly #consumer: RecordConsumer;
  readonly #stuckConsumer: StuckConsumer;
  readonly #lag: ConsumerLag;
  readonly #backlog: Backlog;
  readonly #lostCommands: LostCommands;
  readonly #poller: AuditPoller;
  readonly #sweeper: Sweeper;
  readonly #callerUsage: CallerUsageWriter;
  readonly #historyCheck: HistoryCheck;
  readonly #rollouts: RolloutParts;
  readonly #settlements: SettlementReport;
  #isStopping = false;

  constructor(private readonly base: Base) {
    const { store, connection, logger } = base;
    this.#settlements = new SettlementReport(logger, base.config.LOG_OPERATIONS);
    this.#relay = new OutboxRelay(store, connection, {
      writer: 'release-worker',
      logger,
      minIntervalMs: OUTCOME_INTERVAL_MS,
      onSent: traceSent(base.tracing),
    });
    this.#producer = new SerialProducer(connection);
    this.#deadLetters = new DeadLetters(
      connection,
      this.#producer,
      (reason) => deadLettersTotal.inc({ reason }),
      logger,
    );
    this.#calls = new CallParts(base, this.#onFailure);
    this.#reconciler = this.#buildReconciler();
    this.#runner = this.#buildRunner();
    this.#lanes = new Lanes(
      (entry, next) => this.#runner.run(entry, next),
      (entry) => this.#backlog.onRemoved(entry),
      ({ method }) => store.history.isVerified || METHODS[method].kind === 'query',
    );
    this.#historyCheck = new HistoryCheck(base);
    store.history.onChange(() => this.#lanes.wakeUp());
    this.#consumer = this.#buildConsumer();
    const { lastFetch } = this.#consumer;
    this.#stuckConsumer = new StuckConsumer(connection, { topic: TOPICS.commands, group: GROUP, lastFetch });
    this.#backlog = this.#buildBacklog();
    this.#lostCommands = this.#buildLostCommands();
    this.#poller = this.#buildAuditPoller();
    this.#sweeper = new Sweeper(store, retentionOptions(base.config, logger, this.#onFailure));
    this.#rollouts = new RolloutParts(base, () => this.#relay.notify());
    this.#callerUsage = new CallerUsageWriter({
      store,
      onFailure: this.#onFailure,
      onLease: leaseLog(logger, BACKLOG_LEASE),
      deployment: deploymentCounts(store),
    });
    registerGauges(
      {
        lanes: () => ({ ...this.#lanes.lengths, operations: this.#lanes.size }),
        callsInFlight: () => this.#calls.tools.permits.inUse,
        rateLimitWaiting: () => ({
          platform: this.#calls.platform.waitingLong(),
          mini_program: waitingForAppid(this.#lanes.heads()),
        }),
      },
      base.config.WORKER_CONCURRENCY,
    );
    this.#lag = new ConsumerLag(connection, { topic: TOPICS.commands, group: GROUP }, this.#consumer);
    registerConsumerGauges(this.#consumer, this.#lag);
    observeRelay(this.#relay);
  }

  async start(): Promise<void> {
    const { report, tokenStore } = this.base;
    if (tokenStore !== undefined) report.countAuthorizers(tokenStore);
    for (const part of [this.#relay, this.#historyCheck, this.#sweeper, this.#callerUsage, this.#poller])
      part.start();
    await this.#calls.start();
    if (this.#isStopping) return;
    this.#reconciler.start();
    this.#calls.exchanger?.start();
    await this.#consumer.start();
    this.#stuckConsumer.start();
    this.#lag.start();
    report.watchConsumer(this.#consumer.lastFetch, this.#stuckConsumer);
    this.#backlog.start();
    this.#rollouts.start();
    this.#lostCommands.start();
  }

  /**
   * Reads nothing more; calls in flight end within `callsMs`, their offsets are committed and their events published. Resolves
   * to whether they all ended.
   */
  async stop(callsMs: number): Promise<boolean> {
    const { wechat, platform, component, exchanger } = this.#calls;
    this.#isStopping = true;
    this.#consumer.pause();
    wechat.stop();
    const schedules = [this.#sweeper, this.#poller, this.#backlog, this.#lostCommands, this.#callerUsage];
    const others = [this.#historyCheck, this.#rollouts, this.#lag, this.#stuckConsumer];
    // Their timers stop at once; what runs may take as long as a statement of Postgres.
    const stopped = Promise.all([...schedules, ...others].map((part) => part.stop()));
    const housekeeping = endsWithin(callsMs + LEAVE_MS, stopped);
    // The next worker finds a longer call when its lease has expired.
    const calls = [this.#lanes, this.#reconciler, platform, exchanger].map((part) => part?.stop());
    const ended = Promise.all(calls).then(() => component?.stop());
    const isFinished = await endsWithin(callsMs, ended);
    const kafka = [this.#consumer.stop(), this.#relay.stop(), this.#producer.disconnect()];
    await endsWithin(LEAVE_MS, Promise.all([...kafka, wechat.client.close(), housekeeping]));
    return isFinished;
  }

  #buildReconciler(): Reconciler {
    const { config, store } = this.base;
    const checkMs = CHECK_TIMEOUT_FACTOR * config.WECHAT_TIMEOUT_MS + 2 * MAX_THROTTLE_MS;
    return new Reconciler(store, {
      doubtCheck: new DoubtCheck(this.#calls.tools),
      spans: this.#calls.tools.spans,
      dailyQuota: config.WECHAT_DAILY_QUOTA_POLICY,
      isUnavailable: () => this.#calls.wechat.breaker.isOpen,
      askLeaseMs: checkMs + config.OPERATION_LEASE_MARGIN_MS,
      onNeedsOperator: (doubt, why) => this.#settlements.needsOperator(doubt, why),
      onAnswer: (method, answer) =>
        reconciliationsTotal.inc({ method, result: RECONCILIATION_RESULTS[answer] }),
      onSettled: (row, doubt) => {
        this.#settlements.settled(row, doubt);
        this.#relay.notify();
        this.#backlog.wakeUp();
      },
      onFailure: this.#onFailure,
    });
  }

  #buildRunner(): AttemptRunner {
    const { config, store, tokenStore } = this.base;
    return new AttemptRunner({
      ...this.#calls.tools,
      tokenStore,
      budget: this.#calls.wechat.budget,
      backlog: store.backlog,
      leaseMarginMs: config.OPERATION_LEASE_MARGIN_MS,
      onSettled: (row, settled, operation) => this.#onSettled(row, settled, operation),
      onFenced: (row, operation) => this.#settlements.fenced(row, operation),
      onForgotten: (row, isStored, operation) => this.#settlements.forgotten(row, isStored, operation),
      onUnknown: (entry) => this.#deadLetter(entry),
      onStoreFailure: this.#onFailure,
    });
  }

  #buildBacklog(): Backlog {
    return new Backlog({
      store: this.base.store.backlog,
      lanes: this.#lanes,
      room: new Room(this.#lanes, (api) => this.#calls.platform.perSecond(api)),
      partitions: () => this.#consumer.assigned,
      owned: (partition) => this.#consumer.owned(partition),
      openBytes: () => this.#consumer.inFlightBytes,
      onUnknown: (entry) => this.#deadLetter(entry),
      onFailure: this.#onFailure,
      spans: this.#calls.tools.spans,
    });
  }

  #buildConsumer(): RecordConsumer {
    const { config, connection, logger } = this.base;
    const options = {
      topic: TOPICS.commands,
      group: GROUP,
      logger,
      throttleAbove: config.WORKER_CONCURRENCY,
    };
    return new RecordConsumer(connection, options, {
      onRecord: (record) => this.#receive(record),
      onAssigned: (partitions) => this.#onAssigned(partitions),
      onFatal: (error) => {
        // kafkajs does not restart this consumer: the process must be restarted.
        logger.fatal({ error: String(error) }, 'kafka consumer stopped');
        process.exit(1);
      },
    });
  }

  #buildLostCommands(): LostCommands {
    const { connection, store } = this.base;
    const ends = new PartitionEnds(connection, { topic: TOPICS.commands, group: GROUP }, this.#consumer);
    return new LostCommands({
      store: store.backlog,
      inLane: (id) => this.#lanes.has(id),
      mayRecover: () => store.history.isVerified,
      readToEnd: () => ends.readToEnd(),
      onRecovered: () => this.#backlog.wakeUp(),
      onFailure: this.#onFailure,
    });
  }

  #buildAuditPoller(): AuditPoller {
    const { config, store } = this.base;
    return new AuditPoller(store, {
      afterMs: config.AUDIT_POLL_AFTER_MS,
      intervalMs: config.AUDIT_POLL_INTERVAL_MS,
      mayPoll: () => this.#rollouts.mayAccept,
      onQueried: () => this.#relay.notify(),
      onFailure: this.#onFailure,
    });
  }

  readonly #onFailure = (error: unknown, table?: string): void => this.base.report.storeFailed(error, table);

  #onSettled(row: SettlementWithAudits, { released, outboxId }: Settled, operation: ClaimedOperation): void {
    const { state, event, auditEffect } = row;
    this.#settlements.settled(row, operation);
    if (event !== null) this.#relay.publish(event, outboxId);
    // The settlement may have written audit events too.
    if (auditEffect !== null) this.#relay.notify();
    this.#backlog.insert(released);
    if (state === 'IN_DOUBT') this.#reconciler.wakeUpIn(0);
    this.#rollouts.onSettled(operation);
  }

  /** kafkajs reads on from the committed offsets: what is not claimed comes again, here or at another worker. */
  #onAssigned(partitions: number[]): void {
    countRebalance();
    this.#lanes.dropUnclaimed();
    this.#calls.platform.releaseWaiters();
    this.#calls.wechat.breaker.releaseWaiters();
    this.#backlog.onAssigned();
    this.base.report.assigned(partitions);
  }

  #receive(record: ReceivedRecord): void {
    const command = readCommand(record.key, record.value);
    if (command.kind === 'command') {
      const { operationId, appid, method } = command;
      const entry = laneEntry(operationId, appid, method, record);
      this.#calls.tools.spans?.received(entry, record);
      this.#backlog.receive(entry, record);
      return;
    }
    void this.#deadLetters.publish(record, command.reason).then(() => record.done());
  }

  #deadLetter(entry: LaneEntry): Promise<void> {
    return publishUnknown(entry, this.base.store, this.#deadLetters);
  }
}
