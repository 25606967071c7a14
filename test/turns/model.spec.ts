import { describe, expect, it } from '@jest/globals';
import { type DeepPartial, type RolloutSpec, RolloutStopRule_Cause } from '@wxa/contracts';
import fc from 'fast-check';
import { newAppids } from '../rollouts/rollout-steps.js';
import { auditDecision, audits } from '../store/audit-steps.js';
import { cancel, resolve } from '../store/operation-steps.js';
import { sql, useStore, value } from '../store/use-store.js';
import { killedTurn, PLAYS_MS, playAll } from './plays.js';
import { Recount } from './recount.js';
import { type OperationRow, refusalOf, steps, successOf } from './turn-steps.js';

const VERSION = '1.0.0';
const SPEC: DeepPartial<RolloutSpec> = {
  userVersion: VERSION,
  maxInFlight: 3,
  waves: [{ size: { $case: 'count', value: 2 } }, { submitGate: { afterPercent: 50 } }],
  stopRules: [{ cause: RolloutStopRule_Cause.CAUSE_ANY, count: 4 }],
  release: { graySteps: [{ percentage: 10 }] },
};

/** A failed settlement, a refusal of the platform, a lost authorization and errors that VERIFY decides among them. */
const ERRCODES = [85051, 85014, 61007, 85052, 85085, 85079, 85009] as const;

/** How often each act is played, among 30. */
const WEIGHTS = {
  ...{ turn: 6, 'killed turn': 3, settle: 8, clock: 2, pause: 1, resume: 2, retry: 1, cancel: 1 },
  ...{ verdict: 1, resolve: 1, 'cancel operation': 1, 'wake-up': 1, skip: 1, 'retry one': 1 },
};
type Act = keyof typeof WEIGHTS;

const acts = Object.entries(WEIGHTS).map(([act, weight]) => ({ weight, arbitrary: fc.constant(act as Act) }));
/** An act, and what some acts need: which target, operation or statement, its outcome, and by how much. */
const step = fc.record({
  act: fc.oneof(...acts),
  at: fc.nat(14),
  isGood: fc.boolean(),
  to: fc.constantFrom('SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED', 'FAILED', 'IN_DOUBT' as const),
  errcode: fc.constantFrom(...ERRCODES),
  ms: fc.constantFrom(-10_000, 5_000, 120_000, 700_000),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

useStore();

/** Two rollouts that share one mini-program. */
class Play {
  #acceptedBefore: number | undefined;

  private constructor(
    readonly id: string,
    readonly other: string,
    private readonly recount: Recount,
    private readonly appids: string[],
  ) {}

  static async begin(): Promise<Play> {
    await steps.endAll();
    const appids = newAppids(5);
    const other = await steps.start(appids.slice(0, 1), SPEC);
    const id = await steps.start(appids, SPEC);
    const play = new Play(id, other, new Recount(id), appids);
    await play.check();
    return play;
  }

  async run(given: Step): Promise<void> {
    await this.#acts[given.act](given);
    await this.check();
  }

  async check(): Promise<void> {
    await this.recount.check();
    const { state } = await steps.rollout(this.id);
    const accepted = await this.#accepted();
    if (state === 'RUNNING') this.#acceptedBefore = undefined;
    else if (this.#acceptedBefore !== undefined) expect(accepted).toBe(this.#acceptedBefore);
  }

  /** Wake-ups bring each target to its end: within a minute, which is less than any wait that needs no wake-up. */
  async drain(): Promise<void> {
    for (let n = 0; n < 60; n += 1) {
      await steps.clock(1_000);
      while ((await steps.turn()) !== undefined) await this.check();
      const states = [await steps.rollout(this.id), await steps.rollout(this.other)];
      if (states.every(({ state }) => state === 'COMPLETED' || state === 'CANCELLED')) return;
      for (const { id, state } of states) if (state === 'PAUSED') await this.#resume(id);
      await this.#finish();
    }
    throw new Error(`not ended: ${JSON.stringify(await steps.targets(this.id))}`);
  }

  async #finish(): Promise<void> {
    for (const operation of await this.#open()) {
      if (operation.state === 'IN_DOUBT') await this.#resolve(operation, 'SUCCEEDED');
      else await steps.settle(operation.id, 'SUCCEEDED', successOf(operation, VERSION));
    }
    for (const { appid, audit } of await this.#audits()) await this.#decide(appid, audit, true);
  }

  readonly #acts: Record<Act, (given: Step) => Promise<unknown>> = {
    turn: () => steps.turn(),
    'killed turn': ({ at, isGood }) => killedTurn(at, isGood),
    settle: async ({ at, to, errcode }) => {
      const operation = pick(await this.#open(), at);
      if (operation === undefined) return;
      await steps.settle(operation.id, to, {
        ...(to === 'SUCCEEDED' ? successOf(operation, VERSION) : refusalOf(errcode)),
        ...(to === 'IN_DOUBT' && { mayHaveActed: true, reconcileInMs: 3_600_000 }),
      });
    },
    clock: ({ ms }) => steps.clock(ms),
    pause: () => this.#stop(steps.pause),
    cancel: () => this.#stop(steps.cancel),
    resume: () => this.#resume(this.id),
    retry: () => this.#retry({ states: ['ROLLOUT_TARGET_STATE_FAILED', 'ROLLOUT_TARGET_STATE_SKIPPED'] }),
    'retry one': ({ at }) => this.#retry({ appids: [this.#appid(at)] }),
    skip: ({ at }) => steps.skip(this.id, { appids: [this.#appid(at)] }),
    'wake-up': ({ at }) =>
      sql(
        'insert into rollout_wakeups (rollout_id, appid) select $1, $2 from generate_series(1, 2)',
        ...[this.id, this.#appid(at)],
      ),
    verdict: async ({ at, isGood }) => {
      const audit = pick(await this.#audits(), at);
      if (audit !== undefined) await this.#decide(audit.appid, audit.audit, isGood);
    },
    resolve: async ({ at, isGood }) => {
      const operation = pick(await this.#open(), at);
      if (operation?.state === 'IN_DOUBT') await this.#resolve(operation, isGood ? 'SUCCEEDED' : 'RETRYING');
    },
    'cancel operation': async ({ at }) => {
      const operation = pick(await this.#open(), at);
      if (operation !== undefined) await cancel(operation.id);
    },
  };

  #appid(at: number): string {
    return this.appids[at % this.appids.length] ?? '';
  }

  async #stop(call: (id: string) => Promise<unknown>): Promise<void> {
    await call(this.id);
    this.#acceptedBefore = await this.#accepted();
  }

  async #resume(id: string): Promise<void> {
    const isPaused = (await steps.rollout(id)).state === 'PAUSED';
    await steps.resume(id);
    if (isPaused && id === this.id) this.recount.resume();
  }

  async #retry(filter: object): Promise<void> {
    const { state } = await steps.rollout(this.id);
    await steps.retry(this.id, filter);
    if (state === 'COMPLETED') this.recount.resume();
  }

  async #open(): Promise<OperationRow[]> {
    return [...(await steps.open(this.id)), ...(await steps.open(this.other))];
  }

  #accepted(): Promise<number | undefined> {
    return value('select count(*)::int from operations where rollout_id = $1', this.id);
  }

  #audits(): Promise<{ appid: string; audit: string }[]> {
    return sql(
      `select appid, audit_id::text as audit from audits where state = 'OPEN' and appid = any($1) order by submitted_at`,
      this.appids,
    );
  }

  #decide(appid: string, audit: string, isGood: boolean): Promise<void> {
    return audits.poll(appid, audit, auditDecision(isGood ? 'APPROVED' : 'REJECTED', 'POLL', Date.now()));
  }

  async #resolve(operation: OperationRow, state: 'SUCCEEDED' | 'RETRYING'): Promise<void> {
    const { result, auditEffect } = state === 'SUCCEEDED' ? successOf(operation, VERSION) : {};
    await resolve(operation.id, state, { result, auditEffect });
  }
}

function pick<T>(all: T[], at: number): T | undefined {
  return all[at % Math.max(1, all.length)];
}

describe('turns', () => {
  it(
    'Counts, waves, submissions, tally, journal and events equal a recount after every turn, and all targets end',
    () => playAll(step, Play.begin),
    PLAYS_MS,
  );
});
