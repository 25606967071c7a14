import type { Method } from '@wxa/contracts';
import type { ReceivedRecord } from '@wxa/kafka';
import { ROOMS, reconciliationOf } from '@wxa/methods';
import {
  decide,
  type LaneEntry,
  LoadSignal,
  laneEntry,
  MAX_LANE_WAIT_MS,
  nextApi,
  Permits,
  RateLimits,
  RetryBudget,
  resetForRetry,
} from '@wxa/release-worker';
import type { Cpus, Process, Work } from './cpu.js';
import type { Scenario } from './parameters.js';
import { PlaceQueues, type PlaceRow } from './places.js';
import type { Timeline } from './timeline.js';
import type { SimulatedWechat } from './wechat.js';

const NOTHING = (): void => undefined;
const DEADLINE_MS = 600_000;
/** What is parked in Postgres is looked for once a second. */
const LOOK_EVERY_MS = 1_000;
const BUSY = {
  errcode: -1,
  errmsg: 'system error',
  rid: '',
  reason: 'SYSTEM_BUSY',
  category: 'BUSY',
  retryable: true,
  hint: '',
  api: '',
} as const;
/** The simulation has no Kafka: nothing is ever dealt anew. */
const RECORD: ReceivedRecord = {
  topic: '',
  partition: 0,
  offset: '',
  key: null,
  value: null,
  headers: {},
  mayBeRepeated: false,
  isCurrent: () => true,
  done: () => undefined,
  dropValue: () => undefined,
};

/** Where the time of operations goes, in milliseconds, all together. */
export interface Split {
  /** For a place under WECHAT_RATE_PER_API. */
  place: number;
  /** For one of the worker's WORKER_CONCURRENCY slots. */
  slot: number;
  /** Claims, notes and settlements: Postgres and the worker's CPU. */
  store: number;
  wechat: number;
  /** After a -1. */
  backOff: number;
  /** Gateway, relay and Kafka, there and back. */
  way: number;
}

export const noTime = (): Split => ({ place: 0, slot: 0, store: 0, wechat: 0, backOff: 0, way: 0 });

/** An operation in its lane. */
export interface Running {
  miniProgram: number;
  entry: LaneEntry;
  onDone: (miniProgram: number) => void;
  attempts: number;
  startedAt: number;
  mayHaveActed: boolean;
  noted: boolean;
  /** Since when it waits, or is under way, in the step that it is in. */
  since: number;
  /** Since when it holds a slot. */
  heldSince: number;
  /** The API that is being called, and whether WeChat will say that it is busy. */
  api: string;
  busy: boolean;
  /** After a -1. */
  afterMs: number;
  onClaimed: () => void;
}

/** What all workers share. */
export interface Surroundings {
  timeline: Timeline;
  scenario: Scenario;
  wechat: SimulatedWechat;
  cpus: Cpus;
  postgres: Process;
  /** The stand-in for WeChat, where it runs on our machine. */
  wechatCpu: Process;
  random: () => number;
  /** That of one API, from which all workers have their places; undefined where APIs have no limit. */
  rows: ((api: string) => PlaceRow) | undefined;
  split: Split;
}

/**
 * A release worker by simulated time. Limits, places, retries, budget and what comes next are decided by the product's
 * own code; this has the steps of `Runner`, with times in the place of Postgres and WeChat.
 */
export class SimulatedWorker {
  readonly #lanes = new Map<number, Running[]>();
  readonly #limits: RateLimits;
  readonly #budget: RetryBudget;
  readonly #moods = new Map<string, LoadSignal>();
  readonly #slots: Permits;
  readonly #statementMs: number;
  readonly #works: { statement: Work[]; note: Work[]; call: Work[] };
  /** Milliseconds in which slots were held, all together. */
  heldMs = 0;
  /** Operations whose deadline passed. */
  failed = 0;

  constructor(
    readonly cpu: Process,
    private readonly around: Surroundings,
  ) {
    const { scenario, timeline, random, rows, postgres, wechatCpu } = around;
    const { costs } = scenario;
    this.#slots = new Permits(scenario.concurrency, timeline);
    const queues = rows && new PlaceQueues(rows, timeline);
    this.#limits = new RateLimits(
      { perAppid: scenario.perAppid },
      {
        reserve: async (api) => queues?.of(api).next() ?? timeline.now(),
        use: async (api, from) => queues?.of(api).use(from),
        isLimited: () => queues !== undefined,
        isNear: (api) => queues?.of(api).isNear() ?? true,
        isStopped: () => false,
        reopen: () => undefined,
        learn: () => undefined,
        perSecond: () => undefined,
      },
      timeline,
    );
    this.#budget = new RetryBudget(undefined, () => timeline.now(), random);
    this.#statementMs = scenario.acceptToStartMs / 4;
    const inPostgres: Work = [postgres, costs.postgres / 3];
    this.#works = {
      statement: [[cpu, costs.worker / 2], inPostgres],
      note: [inPostgres],
      call: [[wechatCpu, costs.wechat]],
    };
  }

  /** Puts an operation at the end of its lane; `onDone` hears when it has ended. */
  add(miniProgram: number, appid: string, method: Method, onDone: (miniProgram: number) => void): void {
    const running: Running = {
      miniProgram,
      entry: laneEntry('', appid, method, RECORD),
      onDone,
      attempts: 0,
      startedAt: 0,
      mayHaveActed: false,
      noted: false,
      since: 0,
      heldSince: 0,
      api: '',
      busy: false,
      afterMs: 0,
      onClaimed: NOTHING,
    };
    const lane = this.#lanes.get(miniProgram);
    if (lane !== undefined) {
      lane.push(running);
      return;
    }
    this.#lanes.set(miniProgram, [running]);
    this.#begin(running);
  }

  get #now(): number {
    return this.around.timeline.now();
  }

  #begin(running: Running): void {
    running.entry.firstClaimedAt = this.#now;
    this.#step(running);
  }

  /** As `Runner`: the retry budget, the two limits in turn, a slot. */
  readonly #step = (running: Running): void => {
    const { entry } = running;
    const { timeline, split } = this.around;
    const heldMs = entry.retryUntil === undefined ? 0 : this.#budgetMs(entry.retryUntil);
    if (heldMs > 0) {
      split.backOff += heldMs;
      timeline.at(this.#now + heldMs, this.#step, running);
      return;
    }
    entry.retryUntil = undefined;
    running.api = nextApi(entry);
    running.since = this.#now;
    entry.appidReservation ??= this.#limits.reserveForAppid(entry.appid, running.api);
    timeline.at(this.#now + this.#limits.msUntilClaim(entry.appidReservation), this.#place, running);
  };

  #budgetMs(retryUntil: number): number {
    return Math.min(this.#budget.take(), retryUntil - this.#now);
  }

  readonly #place = (running: Running): void => {
    const { rows, timeline } = this.around;
    if (rows === undefined) {
      this.#takeSlot(running);
      return;
    }
    void this.#limits.reserveForApi(running.api).then((place = this.#now) => {
      running.entry.apiReservation = place;
      timeline.at(this.#now + this.#limits.msUntilClaim(place), this.#takeSlot, running);
    });
  };

  /** As `Runner`: the claim is made while others still have the slot. */
  readonly #takeSlot = (running: Running): void => {
    this.#tally('place', running);
    void this.#slots.takeFor(running.api, () => this.#claim(running)).then(() => this.#act(running));
    this.around.timeline.promised();
  };

  #giveSlot({ heldSince }: Running): void {
    this.heldMs += this.#now - heldSince;
    this.#slots.give();
    this.around.timeline.promised();
  }

  /** The time since the step before goes to this part. */
  #tally(part: keyof Split, running: Running): void {
    this.around.split[part] += this.#now - running.since;
    running.since = this.#now;
  }

  #claim(running: Running): Promise<void> {
    this.#tally('slot', running);
    this.#statement(this.#works.statement, this.#claimed, running);
    return new Promise((resolve) => {
      running.onClaimed = resolve;
    });
  }

  readonly #claimed = (running: Running): void => {
    this.#tally('store', running);
    running.onClaimed();
    this.around.timeline.promised();
  };

  /** A statement to Postgres. */
  #statement(works: Work[], then: (running: Running) => void, running: Running): void {
    this.around.cpus.spend(works, this.#statementMs, then, running);
  }

  #act(running: Running): void {
    this.#tally('slot', running);
    running.heldSince = this.#now;
    const { entry } = running;
    running.attempts += 1;
    if (running.attempts === 1) running.startedAt = this.#now;
    const { appidReservation = 0, apiReservation = 0 } = entry;
    entry.appidReservation = undefined;
    entry.apiReservation = undefined;
    void this.#limits
      .acquireReserved(entry.appid, running.api, appidReservation, apiReservation)
      .then(() => this.#prepare(running));
    this.around.timeline.promised();
  }

  /** As `running/prepare.ts`: a question that comes first, then the call, each in its turn. */
  #prepare(running: Running): void {
    this.#tally('place', running);
    const { entry } = running;
    const inquiry = reconciliationOf(entry.method);
    const repeats = running.mayHaveActed && inquiry?.beforeRetry !== undefined;
    const asks =
      inquiry !== undefined && !entry.readDone && (repeats || (inquiry.snapshot && !running.noted));
    if (asks) this.#atTurn(running, 'read', () => this.#call(running, inquiry.api, this.#answered));
    else this.#send(running);
  }

  /** What has to wait long for its own turn under the limits goes back into the lane. */
  #atTurn(running: Running, next: 'read' | 'call', then: () => void): void {
    const { entry } = running;
    const waited = entry.next === next;
    entry.next = next;
    if (waited) {
      then();
      return;
    }
    void this.#limits.tryAcquireSoon(entry.appid, nextApi(entry)).then((has) => {
      this.#tally('place', running);
      if (has) then();
      else this.#settle(running, this.#paced);
    });
    this.around.timeline.promised();
  }

  readonly #answered = (running: Running): void => {
    this.#heard(running);
    if (running.busy) this.#turnedAway(running);
    else this.#statement(this.#works.note, this.#noted, running);
  };

  readonly #noted = (running: Running): void => {
    this.#tally('store', running);
    running.entry.readDone = true;
    running.noted = true;
    this.#send(running);
  };

  #send(running: Running): void {
    this.#atTurn(running, 'call', () => {
      resetForRetry(running.entry);
      this.#call(running, ROOMS[running.entry.method].api, this.#ended);
    });
  }

  readonly #paced = (running: Running): void => {
    this.#tally('store', running);
    this.#step(running);
  };

  readonly #ended = (running: Running): void => {
    this.#heard(running);
    if (running.busy) {
      running.mayHaveActed = true;
      this.#turnedAway(running);
    } else this.#settle(running, this.#done);
  };

  #call(running: Running, api: string, then: (running: Running) => void): void {
    const { wechat, cpus } = this.around;
    this.#budget.called();
    const { ms, busy } = wechat.call(api, running.miniProgram, this.#now);
    running.api = api;
    running.busy = busy;
    cpus.spend(this.#works.call, ms, then, running);
  }

  /** An answer of WeChat's. */
  #heard(running: Running): void {
    this.#tally('wechat', running);
    const { api, busy, entry } = running;
    const mood = this.#moods.get(api) ?? new LoadSignal();
    this.#moods.set(api, mood);
    if (mood.note(entry.appid, busy ? 'busy' : 'ok', this.#now))
      throw new Error(
        'WeChat is busy in a burst, which lowers the rate: that is not part of this simulation',
      );
  }

  #turnedAway(running: Running): void {
    const { entry, attempts: claims, startedAt } = running;
    const leftMs = DEADLINE_MS - (this.#now - startedAt);
    const verdict = decide(
      { kind: 'retryable', cause: 'busy', error: BUSY },
      {
        isChange: true,
        claims,
        leftMs,
        tokenRefreshed: false,
        dailyQuota: 'fail',
        random: this.around.random,
      },
    );
    if (verdict.kind !== 'retry') {
      this.#settle(running, this.#failed);
      return;
    }
    entry.retryUntil = this.#now + leftMs;
    running.afterMs = verdict.afterMs;
    this.#settle(running, this.#backOff);
  }

  /** Its deadline has passed; whoever asked asks again. */
  readonly #failed = (running: Running): void => {
    this.#tally('store', running);
    this.failed += 1;
    const { appid, method } = running.entry;
    running.entry = laneEntry('', appid, method, RECORD);
    running.attempts = 0;
    running.mayHaveActed = false;
    running.noted = false;
    this.#begin(running);
  };

  /** Too long a wait is spent in Postgres, where it is found again by a look. */
  readonly #backOff = (running: Running): void => {
    this.#tally('store', running);
    const { entry, afterMs } = running;
    const { timeline, random, split } = this.around;
    const isParked = this.#now - (entry.firstClaimedAt ?? 0) + afterMs > MAX_LANE_WAIT_MS;
    const waitMs = afterMs + (isParked ? random() * LOOK_EVERY_MS : 0);
    if (isParked) entry.firstClaimedAt = this.#now + waitMs;
    split.backOff += waitMs;
    timeline.at(this.#now + waitMs, this.#step, running);
  };

  #settle(running: Running, then: (running: Running) => void): void {
    this.#giveSlot(running);
    this.#statement(this.#works.statement, then, running);
  }

  readonly #done = (running: Running): void => {
    this.#tally('store', running);
    const lane = this.#lanes.get(running.miniProgram) ?? [];
    lane.shift();
    const [next] = lane;
    if (next === undefined) this.#lanes.delete(running.miniProgram);
    running.onDone(running.miniProgram);
    if (next !== undefined) this.#begin(next);
  };
}
