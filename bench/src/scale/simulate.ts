import type { Method } from '@wxa/contracts';
import { appidOf } from '../appids.js';
import { type Cpus, OwnCores, type Process, SharedCores, type Work } from './cpu.js';
import { AFTER_AUDIT, BEFORE_AUDIT, type Scenario } from './parameters.js';
import { partitionsOf, workerOf } from './partitions.js';
import { PlaceRow } from './places.js';
import { seeded } from './random.js';
import { noTime, SimulatedWorker, type Split, type Surroundings } from './simulated-worker.js';
import { Timeline } from './timeline.js';
import { type ApiCalls, type OnCall, SimulatedWechat } from './wechat.js';

/** How much of each resource was used up to a moment, in milliseconds of it. */
export interface Used {
  at: number;
  /** What happened then: the first verdict of an audit, the last submission, the last release. */
  when: 'verdict' | 'submitted' | 'released';
  /** Calls that began, by API. */
  calls: Record<string, number>;
  /** Slots held, by worker. */
  slots: number[];
  /** CPU, by process: of each worker and gateway. */
  workers: number[];
  gateways: number[];
  postgres: number;
}

/** What came of a simulated wave. */
export interface Simulated {
  /** From the first ask to the last release's end at WeChat. */
  tookMs: number;
  operations: number;
  calls: number;
  /** Operations whose deadline passed, and that were asked for again. */
  failed: number;
  apis: Map<string, ApiCalls>;
  split: Split;
  /** In the order of time. */
  used: Used[];
  /** Mini-programs of the worker that has most, over those of one that has its fair share. */
  skew: number;
}

/** Hears of a simulation while it runs. */
export interface Listeners {
  onCall?: OnCall;
  onProgress?: (releasedShare: number) => void;
  /** Where each mini-program's commands lie; worked out where it is not given. */
  partitions?: Uint16Array;
}

/** Simulates a wave: each mini-program's five operations one after the other, each asked for when the one before ended. */
export async function simulate(scenario: Scenario, listeners: Listeners = {}): Promise<Simulated> {
  const wave = new Wave(scenario, listeners);
  return wave.run();
}

const NOTHING = (): void => undefined;

interface Asked {
  miniProgram: number;
  method: Method;
  then: (miniProgram: number) => void;
  at: number;
}

class Wave {
  readonly #timeline = new Timeline();
  readonly #cpus: Cpus;
  readonly #wechat: SimulatedWechat;
  readonly #workers: SimulatedWorker[];
  readonly #gateways: Process[];
  readonly #caller: Process;
  readonly #kafka: Process;
  readonly #postgres: Process;
  readonly #split = noTime();
  readonly #partitions: Uint16Array;
  readonly #used: Used[] = [];
  /** Accept and its way to Postgres, then relay and Kafka: the parts of what was measured from asking to HTTP start. */
  readonly #acceptMs: number;
  readonly #wayMs: number;
  /** What asking costs, for each gateway. */
  readonly #askWorks: Work[][];
  readonly #backs = new Map<(miniProgram: number) => void, (miniProgram: number) => void>();
  #begun = 0;
  #submitted = 0;
  #released = 0;
  #isDecided = false;

  constructor(
    private readonly scenario: Scenario,
    private readonly listeners: Listeners,
  ) {
    const { workers, gateways, miniPrograms, partitions, cores, seed } = scenario;
    const random = seeded(seed);
    this.#cpus =
      'shared' in cores ? new SharedCores(this.#timeline, cores.shared) : new OwnCores(this.#timeline);
    const process = (most: number) => this.#cpus.process(most);
    this.#wechat = new SimulatedWechat(scenario.wechat, random, listeners.onCall);
    const postgresCores = 'shared' in cores ? cores.shared : cores.postgres;
    this.#postgres = process(postgresCores);
    this.#kafka = process(postgresCores);
    this.#caller = process(1);
    this.#gateways = Array.from({ length: gateways }, () => process(1));
    const { costs } = scenario;
    this.#askWorks = this.#gateways.map((gateway) => [
      [this.#caller, costs.caller],
      [gateway, costs.gateway],
      [this.#postgres, costs.postgres / 3],
      [this.#kafka, costs.kafka],
    ]);
    const wechatCpu = process(1);
    this.#partitions = listeners.partitions ?? partitionsOf(miniPrograms, partitions);
    this.#acceptMs = scenario.acceptToStartMs / 4;
    this.#wayMs = scenario.acceptToStartMs / 2;
    const rows = new Map<string, PlaceRow>();
    const rowOf = (api: string) => {
      const row = rows.get(api) ?? new PlaceRow(scenario.perApi);
      rows.set(api, row);
      return row;
    };
    this.#workers = Array.from({ length: workers }, () => {
      const surroundings: Surroundings = {
        timeline: this.#timeline,
        scenario,
        wechat: this.#wechat,
        cpus: this.#cpus,
        postgres: this.#postgres,
        wechatCpu,
        random,
        rows: scenario.perApi > 0 ? rowOf : undefined,
        split: this.#split,
      };
      return new SimulatedWorker(process(1), surroundings);
    });
  }

  async run(): Promise<Simulated> {
    const { miniPrograms, window, workers } = this.scenario;
    const { onProgress } = this.listeners;
    for (let i = 0; i < Math.min(window, miniPrograms); i++) this.#beginNext();
    await this.#timeline.run(onProgress && (() => onProgress(this.#released / miniPrograms)));
    if (this.#released !== miniPrograms)
      throw new Error(`${this.#released} of ${miniPrograms} were released`);
    const shares = new Array<number>(workers).fill(0);
    for (const partition of this.#partitions) {
      const worker = workerOf(partition, workers);
      shares[worker] = (shares[worker] ?? 0) + 1;
    }
    return {
      tookMs: this.#used.at(-1)?.at ?? 0,
      operations: miniPrograms * (BEFORE_AUDIT.length + AFTER_AUDIT.length),
      calls: this.#wechat.calls,
      failed: this.#workers.reduce((sum, { failed }) => sum + failed, 0),
      apis: this.#wechat.apis,
      split: this.#split,
      used: this.#used,
      skew: (Math.max(...shares) * workers) / miniPrograms,
    };
  }

  readonly #beginNext = (): void => {
    if (this.#begun === this.scenario.miniPrograms) return;
    const miniProgram = this.#begun++;
    // The query waits in its lane until the commit has ended.
    this.#ask(miniProgram, 'Commit', NOTHING);
    this.#ask(miniProgram, 'ListCategories', this.#submit);
  };

  readonly #submit = (miniProgram: number): void => {
    this.#ask(miniProgram, 'SubmitAudit', this.#onSubmitted);
    this.#beginNext();
  };

  readonly #onSubmitted = (miniProgram: number): void => {
    this.#submitted += 1;
    if (this.#submitted === this.scenario.miniPrograms) this.#note('submitted');
    const decidedAt = this.#timeline.now() + this.scenario.wechat.auditMs;
    this.#timeline.at(decidedAt + this.#wayMs, this.#onDecided, miniProgram);
  };

  readonly #onDecided = (miniProgram: number): void => {
    if (!this.#isDecided) this.#note('verdict');
    this.#isDecided = true;
    this.#ask(miniProgram, 'GetAuditStatus', this.#release);
  };

  readonly #release = (miniProgram: number): void => this.#ask(miniProgram, 'Release', this.#onReleased);

  readonly #onReleased = (): void => {
    this.#released += 1;
    if (this.#released === this.scenario.miniPrograms) this.#note('released');
  };

  /** An operation's way: caller, gateway, Postgres, relay and Kafka, worker, and back. */
  #ask(miniProgram: number, method: Method, then: (miniProgram: number) => void): void {
    const works = this.#askWorks[miniProgram % this.#askWorks.length] ?? [];
    const asked = { miniProgram, method, then, at: this.#timeline.now() };
    this.#cpus.spend(works, this.#acceptMs + this.#wayMs, this.#read, asked);
  }

  readonly #read = ({ miniProgram, method, then, at }: Asked): void => {
    this.#split.way += this.#timeline.now() - at;
    const worker = this.#workers[workerOf(this.#partitions[miniProgram] ?? 0, this.#workers.length)];
    worker?.add(miniProgram, appidOf(miniProgram), method, this.#back(then));
  };

  /** The outcome's way back to who asked. */
  #back(then: (miniProgram: number) => void): (miniProgram: number) => void {
    const known = this.#backs.get(then);
    if (known !== undefined) return known;
    const back = (miniProgram: number): void => {
      this.#split.way += this.#wayMs;
      this.#timeline.at(this.#timeline.now() + this.#wayMs, then, miniProgram);
    };
    this.#backs.set(then, back);
    return back;
  }

  #note(when: Used['when']): void {
    const calls = Object.fromEntries([...this.#wechat.apis].map(([api, { calls }]) => [api, calls]));
    this.#used.push({
      at: this.#timeline.now(),
      when,
      calls,
      slots: this.#workers.map(({ heldMs }) => heldMs),
      workers: this.#workers.map(({ cpu }) => cpu.spentMs),
      gateways: this.#gateways.map(({ spentMs }) => spentMs),
      postgres: this.#postgres.spentMs,
    });
  }
}
