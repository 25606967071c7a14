import type { Method } from '@wxa/contracts';
import type { ReceivedRecord } from '@wxa/kafka';
import {
  EARLY_MS,
  expectRepeat,
  HANDLERS,
  inquiryOf,
  judge,
  LATE_MS,
  type LaneEntry,
  LEAD_MS,
  laneEntry,
  MAX_LANE_WAIT_MS,
  nextApi,
  type PlaceQueue,
  RateLimits,
  RetryBudget,
  Slots,
  WechatMood,
} from '@wxa/release-worker';
import type { Cpus, Process, Work } from './cpu.js';
import type { Scenario } from './parameters.js';
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
  isCurrent: () => true,
  done: () => undefined,
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
  /** The queue of one worker for one API; undefined where APIs have no limit. */
  queueOf: ((api: string) => PlaceQueue) | undefined;
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
  readonly #moods = new Map<string, WechatMood>();
  readonly #slots: Slots;
  readonly #statementMs: number;
  readonly #leadMs: number;
  readonly #works: { statement: Work[]; note: Work[]; call: Work[] };
  /** Milliseconds in which slots were held, all together. */
  heldMs = 0;
  /** Operations whose deadline passed. */
  failed = 0;

  constructor(
    readonly cpu: Process,
    private readonly around: Surroundings,
  ) {
    const { scenario, timeline, random, queueOf, postgres, wechatCpu } = around;
    const { costs } = scenario;
    this.#slots = new Slots(scenario.concurrency, () => timeline.now());
    this.#limits = new RateLimits(
      { perAppid: scenario.perAppid },
      {
        reserve: async () => undefined,
        isLimited: () => queueOf !== undefined,
        isStopped: () => false,
        opened: () => undefined,
        learn: () => undefined,
      },
    );
    this.#budget = new RetryBudget(undefined, () => timeline.now(), random);
    this.#statementMs = scenario.acceptToStartMs / 4;
    this.#leadMs = Math.max(LEAD_MS.least, this.#statementMs + EARLY_MS);
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
    running.entry.headSince = this.#now;
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
    entry.turn ??= this.#turnForAppid(running);
    const from = entry.turn - this.#leadMs;
    if (from <= this.#now) this.#place(running);
    else timeline.at(from, this.#place, running);
  };

  #budgetMs(retryUntil: number): number {
    return Math.min(this.#budget.take(), retryUntil - this.#now);
  }

  /** Most waves have no such limit, and the time of its buckets is saved. */
  #turnForAppid({ entry: { appid }, api }: Running): number {
    const isLimited = this.around.scenario.perAppid > 0;
    return isLimited ? this.#limits.turnForAppid(appid, api, this.#now) : this.#now;
  }

  readonly #place = (running: Running): void => {
    const { queueOf, timeline } = this.around;
    if (queueOf === undefined) {
      this.#takeSlot(running);
      return;
    }
    void queueOf(running.api)
      .next()
      .then((place = this.#now) => {
        running.entry.place = place;
        timeline.at(place - this.#leadMs, this.#takeSlot, running);
      });
  };

  /** As `Runner`: the claim is made while others still have the slot. */
  readonly #takeSlot = (running: Running): void => {
    this.#tally('place', running);
    void this.#slots.takeFor(() => this.#claim(running)).then(() => this.#act(running));
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
    const due = Math.max(entry.turn ?? 0, entry.place ?? 0);
    entry.turn = undefined;
    entry.place = undefined;
    this.#goAt(running, due);
  }

  /** As `RateLimits.atTurn`: at its place, or, where that was missed, at another one. */
  #goAt(running: Running, due: number): void {
    const { queueOf, timeline } = this.around;
    if (queueOf === undefined || this.#now - due <= LATE_MS) {
      if (due > this.#now) timeline.at(due, this.#prepare, running);
      else this.#prepare(running);
      return;
    }
    void queueOf(running.api)
      .next(true)
      .then((place = this.#now) => this.#goAt(running, place));
  }

  /** As `running/prepare.ts`: a question that comes first, then the call, each in its turn. */
  readonly #prepare = (running: Running): void => {
    this.#tally('place', running);
    const { entry } = running;
    const inquiry = inquiryOf(entry.method);
    const repeats = running.mayHaveActed && inquiry?.repeat !== undefined;
    const asks = inquiry !== undefined && !entry.asked && (repeats || (inquiry.note && !running.noted));
    if (!asks) this.#send(running);
    else if (this.#hasTurn(entry, 'question')) this.#call(running, inquiry.api, this.#answered);
    else this.#settle(running, this.#paced);
  };

  #hasTurn(entry: LaneEntry, next: 'question' | 'call'): boolean {
    const waited = entry.next === next;
    entry.next = next;
    if (waited) return true;
    const { queueOf, scenario } = this.around;
    if (scenario.perAppid === 0) return queueOf === undefined;
    return this.#limits.goesAtOnce(entry.appid, nextApi(entry), this.#now);
  }

  readonly #answered = (running: Running): void => {
    this.#heard(running);
    if (running.busy) this.#turnedAway(running);
    else this.#statement(this.#works.note, this.#noted, running);
  };

  readonly #noted = (running: Running): void => {
    this.#tally('store', running);
    running.entry.asked = true;
    running.noted = true;
    this.#send(running);
  };

  /** Where the call has to wait for its own turn under the limits, it goes back into the lane. */
  #send(running: Running): void {
    const { entry } = running;
    if (this.#hasTurn(entry, 'call')) {
      expectRepeat(entry);
      this.#call(running, HANDLERS[entry.method].api, this.#ended);
    } else this.#settle(running, this.#paced);
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
    const mood = this.#moods.get(api) ?? new WechatMood();
    this.#moods.set(api, mood);
    if (mood.note(entry.appid, busy ? 'busy' : 'fine', this.#now))
      throw new Error(
        'WeChat is busy in a burst, which lowers the rate: that is not part of this simulation',
      );
  }

  #turnedAway(running: Running): void {
    const { entry, attempts: tries, startedAt } = running;
    const leftMs = DEADLINE_MS - (this.#now - startedAt);
    const verdict = judge(
      { kind: 'retryable', cause: 'busy', error: BUSY },
      {
        isChange: true,
        tries,
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
    const isParked = this.#now - (entry.headSince ?? 0) + afterMs > MAX_LANE_WAIT_MS;
    const waitMs = afterMs + (isParked ? random() * LOOK_EVERY_MS : 0);
    if (isParked) entry.headSince = this.#now + waitMs;
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
