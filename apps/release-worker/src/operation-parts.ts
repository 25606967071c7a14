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
import { observeRelay, traceSent } from '@wxa/service';
import { AttemptRunner } from './attempt/run-attempt.js';
import { Backlog } from './backlog/backlog.js';
import { LostCommands } from './backlog/lost-commands.js';
import { LaneRoom } from './backlog/room.js';
import type { Base, CallParts } from './call-parts.js';
import { GROUP } from './config.js';
import { DeadLetters, deadLetterUnknown } from './dead-letters.js';
import { ObservedVersions } from './fleet/observed-versions.js';
import { type LaneEntry, laneEntry } from './lanes/lane-entry.js';
import { Lanes } from './lanes/lanes.js';
import {
  countRebalance,
  deadLettersTotal,
  RECONCILIATION_RESULTS,
  reconciliationsTotal,
  registerConsumerGauges,
} from './metrics.js';
import { CHECK_TIMEOUT_FACTOR, DoubtCheck, MAX_THROTTLE_MS } from './reconcile/doubt-check.js';
import { Reconciler } from './reconcile/reconciler.js';
import { RolloutParts } from './rollouts/rollout-parts.js';
import { SettlementReport } from './settle/settlement-report.js';

/** No caller waits for outcomes, so they are published in batches. */
const OUTCOME_INTERVAL_MS = 20;
const COMMANDS = { topic: TOPICS.commands, group: GROUP };

/** What operations pass from their command to their outcome; each part is built from those before it. */
export class OperationParts {
  readonly relay: OutboxRelay;
  readonly lanes: Lanes;
  readonly rollouts: RolloutParts;
  readonly #settlements: SettlementReport;
  readonly #versions: ObservedVersions;
  readonly #producer: SerialProducer;
  readonly #deadLetters: DeadLetters;
  readonly #backlog: Backlog;
  readonly #reconciler: Reconciler;
  readonly #runner: AttemptRunner;
  readonly #consumer: RecordConsumer;
  readonly #stuckConsumer: StuckConsumer;
  readonly #lag: ConsumerLag;
  readonly #lostCommands: LostCommands;

  constructor(
    private readonly base: Base,
    private readonly calls: CallParts,
  ) {
    const { config, store, connection, logger, tracing } = base;
    this.#settlements = new SettlementReport(logger, config.LOG_OPERATIONS);
    this.#versions = new ObservedVersions(store.fleet, base.onFailure);
    this.relay = new OutboxRelay(store, connection, {
      writer: 'release-worker',
      logger,
      minIntervalMs: OUTCOME_INTERVAL_MS,
      onSent: traceSent(tracing),
    });
    observeRelay(this.relay);
    this.#producer = new SerialProducer(connection);
    const countLetter = (reason: string) => deadLettersTotal.inc({ reason });
    this.#deadLetters = new DeadLetters(connection, this.#producer, countLetter, logger);
    this.lanes = new Lanes(({ method }) => store.history.isVerified || METHODS[method].kind === 'query');
    this.#backlog = this.#buildBacklog();
    this.rollouts = new RolloutParts(base, () => this.relay.notify());
    this.#reconciler = this.#buildReconciler();
    this.#runner = this.#buildRunner();
    this.#consumer = this.#buildConsumer();
    this.#stuckConsumer = new StuckConsumer(connection, { ...COMMANDS, lastFetch: this.#consumer.lastFetch });
    this.#lag = new ConsumerLag(connection, COMMANDS, this.#consumer);
    registerConsumerGauges(this.#consumer, this.#lag);
    this.#lostCommands = this.#buildLostCommands();
  }

  /** To be called once calls may be made. */
  async start(): Promise<void> {
    this.lanes.start({
      run: (entry, next) => this.#runner.run(entry, next),
      onRemoved: (entry) => this.#backlog.onRemoved(entry),
    });
    this.base.store.history.onChange(() => this.lanes.wakeUp());
    this.#reconciler.start();
    this.#backlog.follow(this.#consumer);
    await this.#consumer.start();
    this.#stuckConsumer.start();
    this.#lag.start();
    this.base.report.watchConsumer(this.#consumer.lastFetch, this.#stuckConsumer);
    this.#backlog.start();
    this.rollouts.start();
    this.#lostCommands.start();
  }

  /** Reads no more commands, and stops the timers; what they run ends within a statement of Postgres. */
  async pause(): Promise<void> {
    this.#consumer.pause();
    const schedules = [this.#backlog, this.#lostCommands, this.rollouts, this.#lag, this.#stuckConsumer];
    await Promise.all(schedules.map((part) => part.stop()));
  }

  /** Resolves when the calls in flight have ended. The next worker finds a longer one when its lease has expired. */
  async finish(): Promise<void> {
    await Promise.all([this.lanes.stop(), this.#reconciler.stop()]);
  }

  /** Commits the offsets of what has ended, and publishes its events. */
  async leave(): Promise<void> {
    await Promise.all([this.#consumer.stop(), this.relay.stop(), this.#producer.disconnect()]);
  }

  #buildBacklog(): Backlog {
    const { platform, tools } = this.calls;
    return new Backlog({
      store: this.base.store.backlog,
      lanes: this.lanes,
      room: new LaneRoom(this.lanes, (api) => platform.perSecond(api)),
      onUnknown: (entry) => this.#deadLetter(entry),
      onFailure: this.base.onFailure,
      spans: tools.spans,
    });
  }

  #buildReconciler(): Reconciler {
    const { config, store, onFailure } = this.base;
    const { tools, wechat } = this.calls;
    const checkMs = CHECK_TIMEOUT_FACTOR * config.WECHAT_TIMEOUT_MS + 2 * MAX_THROTTLE_MS;
    return new Reconciler(store, {
      doubtCheck: new DoubtCheck(tools),
      spans: tools.spans,
      dailyQuota: config.WECHAT_DAILY_QUOTA_POLICY,
      isUnavailable: () => wechat.breaker.isOpen,
      askLeaseMs: checkMs + config.OPERATION_LEASE_MARGIN_MS,
      onNeedsOperator: (doubt, why) => this.#settlements.needsOperator(doubt, why),
      onAnswer: (method, answer) =>
        reconciliationsTotal.inc({ method, result: RECONCILIATION_RESULTS[answer] }),
      onSettled: (row, doubt) => {
        this.#settlements.settled(row, doubt);
        this.relay.notify();
        this.#backlog.wakeUp();
      },
      onFailure,
    });
  }

  #buildRunner(): AttemptRunner {
    const { config, store, directory, tokenStore, onFailure } = this.base;
    const { tools, wechat } = this.calls;
    return new AttemptRunner({
      ...tools,
      ...{ directory, tokenStore },
      budget: wechat.budget,
      backlog: store.backlog,
      leaseMarginMs: config.OPERATION_LEASE_MARGIN_MS,
      onSettled: (row, settled, operation) => this.#onSettled(row, settled, operation),
      onFenced: (row, operation) => this.#settlements.fenced(row, operation),
      onForgotten: (row, isStored, operation) => this.#settlements.forgotten(row, isStored, operation),
      onUnknown: (entry) => this.#deadLetter(entry),
      onStoreFailure: onFailure,
    });
  }

  #buildConsumer(): RecordConsumer {
    const { config, connection, logger } = this.base;
    const options = { ...COMMANDS, logger, throttleAbove: config.WORKER_CONCURRENCY };
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
    const { connection, store, onFailure } = this.base;
    const ends = new PartitionEnds(connection, COMMANDS, this.#consumer);
    return new LostCommands({
      store: store.backlog,
      inLane: (id) => this.lanes.has(id),
      mayRecover: () => store.history.isVerified,
      readToEnd: () => ends.readToEnd(),
      onRecovered: () => this.#backlog.wakeUp(),
      onFailure,
    });
  }

  #onSettled(row: SettlementWithAudits, { released, outboxId }: Settled, operation: ClaimedOperation): void {
    const { state, event, auditEffect } = row;
    if (event !== null) this.relay.publish(event, outboxId);
    // The settlement may have written audit events too.
    if (auditEffect !== null) this.relay.notify();
    this.#backlog.insert(released);
    if (state === 'IN_DOUBT') this.#reconciler.wakeUpIn(0);
    // The request_ids of the operations of a rollout begin so.
    if (operation.requestId.startsWith('rollout-')) this.rollouts.conductor.wakeUp();
    if (operation.method === 'GetAuditQuota') this.rollouts.quota.wakeUp();
    this.#versions.onSettled(row, operation);
    this.#settlements.settled(row, operation);
  }

  /** kafkajs reads on from the committed offsets: what is not claimed comes again, here or at another worker. */
  #onAssigned(partitions: number[]): void {
    countRebalance();
    this.lanes.dropUnclaimed();
    this.calls.releaseWaiters();
    this.#backlog.onAssigned();
    this.base.report.assigned(partitions);
  }

  #receive(record: ReceivedRecord): void {
    const command = readCommand(record.key, record.value);
    if (command.kind === 'command') {
      const { operationId, appid, method, api } = command;
      const entry = laneEntry(operationId, appid, method, record, { api });
      this.calls.tools.spans?.received(entry, record);
      this.#backlog.receive(entry, record);
      return;
    }
    void this.#deadLetters.publish(record, command.reason).then(() => record.done());
  }

  #deadLetter(entry: LaneEntry): Promise<void> {
    return deadLetterUnknown(entry, this.base.store, this.#deadLetters);
  }
}
