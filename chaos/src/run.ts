import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { StackError, TopicReader } from '@wxa/stack';
import type { ChaosOptions } from './arguments.js';
import { Deployment, deadlineMs } from './deployment/deployment.js';
import { electLeaders } from './faults/elect-leaders.js';
import { FaultLog } from './faults/fault-log.js';
import { ELECTIONS, processFault, processFaults, RECOVERIES } from './faults/process-faults.js';
import { FLEET_API, REJECTIONS, rejectAfterBusy } from './faults/rejected-after-busy.js';
import { schedule, withMilestones } from './faults/schedule.js';
import { WECHAT_FAULTS, wechatFault } from './faults/wechat-faults.js';
import type { RunHistory } from './history.js';
import { type FleetPlan, planFleet } from './load/fleet.js';
import { Load } from './load/load.js';
import { Random } from './random.js';
import type { RunProgress, Status } from './report/progress.js';
import { RolloutLoad } from './rollouts/rollout-load.js';
import { SETTLES_WITHIN_MS, settled } from './settled.js';
import { leaks } from './sources/leaks.js';
import { OperationsTable } from './sources/operations-table.js';
import { wechatAudits } from './sources/wechat-audits.js';

/** One in this many mini-programs of a fleet. */
const SCRIPTED_EVERY = 8;

/** A target of a rollout ends within this time, one after the other. */
const TARGET_MS = 150;

/** What a run yields for checker and report. */
export interface RunResult {
  history: RunHistory;
  /** Events that are not faults of the schedule, such as an app that exited by itself. */
  unexpected: string[];
  settledMs: number;
  /** undefined without a fleet. */
  backlog: FleetBacklog | undefined;
}

/** How long the fleet's backlog was. */
export interface FleetBacklog {
  perSecond: number;
  /** The largest number of operations delayed in Postgres at a time, because their worker had no room for them. */
  mostDelayed: number;
  /** Operations that had not ended when the faults did. */
  left: number;
}

/** A run: all its processes, and what is known about it. */
export class ChaosRun {
  readonly #log = new FaultLog();
  readonly #unexpected: string[] = [];
  readonly #random: Random;
  readonly #fleet: FleetPlan | undefined;
  #mostDelayed = 0;
  #deployment: Deployment | undefined;

  constructor(
    private readonly args: ChaosOptions,
    private readonly progress: RunProgress,
    private readonly signal: AbortSignal,
  ) {
    this.#random = new Random(args.seed);
    this.#fleet = planFleet(args.fleet, args.minutes * 60);
  }

  /** Starts a deployment, injects faults under load, lets it settle and collects the history. */
  async run(): Promise<RunResult> {
    const { brokers, otherVersion } = this.args;
    this.progress.phase('starting PostgreSQL, Kafka, simulator, two gateways and two workers');
    const report = (what: string, name: string) => this.#noteUnexpected(what, name);
    const perSecond = this.#fleet?.perSecond;
    const deployment = await Deployment.start({
      ...{ brokers, otherVersion, perSecond, report },
      signal: this.signal,
    });
    this.#deployment = deployment;
    const table = new OperationsTable(deployment.addresses.postgres);
    const reader = new TopicReader({ brokers: deployment.addresses.kafka.split(',') }, 'chaos-live');
    const load = new Load(deployment.addresses.gateways, this.#fleet);
    const rollout = new RolloutLoad(load.channels, this.args.rollout);
    try {
      await reader.start();
      // Workers of a version without rollouts wake none: the first one is started after the upgrade (docs/upgrades.md).
      if (otherVersion === undefined) rollout.start(deployment.sim);
      await this.#injectFaults(deployment, load, table);
      await deployment.ready();
      if (otherVersion !== undefined) await this.#finishUpgrade(deployment, rollout);
      const left = (await table.unfinished()).operations;
      const settledMs = await this.#settle(deployment, table, left);
      if (!rollout.isCreated) throw new StackError(`The rollout was not created: ${rollout.lastError}`);
      const appids = [...load.appids, ...rollout.appids];
      const history = await this.#collectHistory(deployment, { ...load, appids }, table, reader);
      const backlog =
        perSecond === undefined ? undefined : { perSecond, left, mostDelayed: this.#mostDelayed };
      return { history, unexpected: this.#unexpected, settledMs, backlog };
    } finally {
      await rollout.stop();
      load.close();
      await Promise.all([table.close(), reader.stop()]);
    }
  }

  /** The path of the logs while the run lasts. */
  get logs(): string | undefined {
    return this.#deployment?.logs;
  }

  async stop(): Promise<void> {
    await this.#deployment?.stop();
  }

  async #injectFaults(deployment: Deployment, load: Load, table: OperationsTable): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.signal]);
    // Every workload and fault listens to it.
    setMaxListeners(0, signal);
    const seconds = this.args.minutes * 60;
    if (this.#fleet) await this.#scriptFleet(deployment, this.#fleet);
    const stopProgress = this.progress.follow(seconds, () => this.#status(load, table));
    const timer = setTimeout(() => over.abort(), seconds * 1000);
    try {
      await Promise.all([
        load.run(deployment.sim, this.#random.fork('load'), signal),
        this.#injectProcessFaults(deployment, signal),
        this.#injectWechatFaults(deployment, load, signal),
        this.#electLeaders(deployment, signal),
      ]);
    } finally {
      clearTimeout(timer);
      over.abort();
      stopProgress();
    }
    this.signal.throwIfAborted();
  }

  async #finishUpgrade(deployment: Deployment, rollout: RolloutLoad): Promise<void> {
    this.progress.phase('ending the other version');
    await deployment.finishUpgrade();
    rollout.start(deployment.sim);
    await rollout.created;
  }

  #injectProcessFaults(deployment: Deployment, signal: AbortSignal): Promise<void> {
    const usual = schedule(this.#random.fork('processes'), processFaults(this.args.brokers), [1500, 5000]);
    const from = Date.now();
    const passed = () => (Date.now() - from) / (this.args.minutes * 60_000);
    const faults = withMilestones(usual, this.args.recovery ? RECOVERIES : [], passed);
    return this.#log.follow(faults, (planned) => processFault(deployment, planned, signal), signal);
  }

  /** Elections have a schedule of their own, so that they also coincide with killed workers and brokers. */
  async #electLeaders({ addresses }: Deployment, signal: AbortSignal): Promise<void> {
    if (this.args.brokers === 1) return;
    const faults = schedule(this.#random.fork('elections'), ELECTIONS, [6000, 14_000]);
    const elect = () =>
      electLeaders(addresses.kafka.split(',')).then(
        () => 'Kafka',
        (error) => `Kafka: ${error}`,
      );
    await this.#log.follow(faults, elect, signal);
  }

  /** Some of the fleet have a change that is executed, answered with -1, and then rejected. */
  async #scriptFleet({ sim }: Deployment, { appids }: FleetPlan): Promise<void> {
    const rejections = Object.values(REJECTIONS);
    for (const [n, rejection] of rejections.entries()) {
      const some = appids.filter((_, i) => i % (SCRIPTED_EVERY * rejections.length) === n * SCRIPTED_EVERY);
      await rejectAfterBusy(sim, some, [FLEET_API], rejection);
    }
  }

  async #status(load: Load, table: OperationsTable): Promise<Status> {
    this.#mostDelayed = Math.max(this.#mostDelayed, await table.delayed());
    return { requested: load.requested.length, states: await table.byState(), faults: this.#log.now };
  }

  #injectWechatFaults({ sim }: Deployment, { appids }: Load, signal: AbortSignal): Promise<void> {
    const faults = schedule(this.#random.fork('WeChat'), WECHAT_FAULTS, [500, 2000]);
    const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => undefined);
    const inject = async (planned: Parameters<typeof wechatFault>[2]) => {
      await wechatFault(sim, appids, planned, pause);
      return 'WeChat';
    };
    return this.#log.follow(faults, inject, signal);
  }

  async #settle({ sim }: Deployment, table: OperationsTable, left: number): Promise<number> {
    this.progress.phase(`no more faults; waiting for ${left} unfinished operations`);
    const backlogMs = this.#fleet === undefined ? 0 : (left / this.#fleet.perSecond) * 1000;
    const longestMs = SETTLES_WITHIN_MS + 2 * backlogMs + this.args.rollout * TARGET_MS;
    return settled(table, sim, (what) => this.progress.show(what), { longestMs, signal: this.signal });
  }

  async #collectHistory(
    { sim, addresses, logs, platform }: Deployment,
    { requested, appids }: Pick<Load, 'requested' | 'appids'>,
    table: OperationsTable,
    reader: TopicReader,
  ): Promise<RunHistory> {
    this.progress.phase('reading all topics again from the beginning');
    const tableReadAt = Date.now();
    const operations = await table.rows();
    const calls = await sim.calls();
    const pushes = await sim.pushes();
    const audits = await wechatAudits(sim, appids);
    await table.sent();
    await reader.toTheEnd();
    const readBefore = reader.places;
    const again = new TopicReader({ brokers: addresses.kafka.split(',') }, 'chaos-again');
    await again.start();
    await again.toTheEnd();
    await again.stop();
    return {
      requested,
      operations,
      tableReadAt,
      calls,
      pushes,
      audits,
      events: again.events,
      readBefore,
      rollouts: await table.rollouts(),
      leaks: await leaks(logs, again.events, platform),
      deadlineMs: deadlineMs(this.#fleet?.perSecond),
      faults: this.#log.records,
    };
  }

  #noteUnexpected(what: string, name: string): void {
    this.#log.note(what, name);
    this.#unexpected.push(`${name} ${what}`);
  }
}
