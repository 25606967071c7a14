import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { newAppid } from '../appid.js';
import { sql, useStore } from '../store/use-store.js';
import { killedTurn, PLAYS_MS, playAll } from '../turns/plays.js';
import { Recount } from '../turns/recount.js';
import { refusalOf, steps, successOf } from '../turns/turn-steps.js';
import {
  authorize,
  candidatesOf,
  checkAgain,
  forgetAll,
  label,
  labelled,
  takingIn,
  withdraw,
} from './intake-steps.js';

useStore();

const PEOPLE = 5;
const who = fc.nat(PEOPLE - 1);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act: fc.constant('authorize' as const), who }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('withdraw' as const), who }) },
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ act: fc.constant('label' as const), who },
      labels: fc.subarray(['retail', 'new', 'vip']),
    }),
  },
  { weight: 6, arbitrary: fc.record({ act: fc.constant('turn' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant('killed turn' as const), at: fc.nat(16), isSent: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ act: fc.constant('settle' as const), at: fc.nat(5), isGood: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constantFrom('pause', 'resume', 'check' as const) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('wake-up' as const), who }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('retry' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const HELD_TWICE = `select appid from rollout_targets where appid = any($1) and holds_appid group by appid having count(*) > 1`;

/** Two open rollouts, one of all mini-programs and a newer one of a label, and a few customers. */
class Play {
  readonly #appids = Array.from({ length: PEOPLE }, newAppid);
  /** Those that each rollout must have, with the time at which they came to match. */
  readonly #expected = new Map<string, Set<string>>();
  readonly #labels = new Map<string, string[]>();
  readonly #recounts: Recount[];
  /** Seconds of WeChat: each callback is later than the one before. */
  #second = Date.now() + 1_000;

  private constructor(
    readonly all: string,
    readonly retail: string,
  ) {
    this.#recounts = [new Recount(all), new Recount(retail)];
  }

  static async begin(): Promise<Play> {
    await forgetAll();
    const all = await steps.start([], takingIn());
    const retail = await steps.start([], takingIn({ match: labelled('retail') }));
    const play = new Play(all, retail);
    await play.check();
    return play;
  }

  async run(given: Step): Promise<void> {
    await this.#act(given);
    await this.check();
  }

  /** Each that came to match is a candidate or a target of its rollout, once; and nobody else is. */
  async check(): Promise<void> {
    for (const recount of this.#recounts) await recount.check();
    for (const id of [this.all, this.retail]) {
      const targets = (await steps.targets<{ appid: string }>(id)).map(({ appid }) => appid);
      const taken = new Set([...targets, ...(await candidatesOf(id))]);
      expect(targets).toHaveLength(new Set(targets).size);
      expect([...taken].toSorted()).toEqual([...(this.#expected.get(id) ?? [])].toSorted());
      expect((await steps.rollout(id)).open).toBe(true);
    }
    expect(await sql(HELD_TWICE, this.#appids)).toEqual([]);
  }

  /** Everything ends after the close, and no candidate is left. */
  async drain(): Promise<void> {
    for (const id of [this.all, this.retail]) await steps.close(id);
    for (let n = 0; n < 30; n += 1) {
      await steps.clock(6_000);
      await steps.turns();
      for (const recount of this.#recounts) await recount.check();
      const states = [await steps.rollout(this.all), await steps.rollout(this.retail)];
      if (states.every(({ state }) => state === 'COMPLETED')) break;
      for (const { id, state } of states) if (state === 'PAUSED') await this.#resume(id);
      for (const id of [this.all, this.retail]) await steps.succeed(id);
    }
    for (const id of [this.all, this.retail]) {
      expect((await steps.rollout(id)).state).toBe('COMPLETED');
      expect(await candidatesOf(id)).toEqual([]);
      const appids = (await steps.targets<{ appid: string }>(id)).map(({ appid }) => appid);
      expect(appids.toSorted()).toEqual([...(this.#expected.get(id) ?? [])].toSorted());
    }
  }

  async #act(given: Step): Promise<void> {
    const appid = 'who' in given ? (this.#appids[given.who] ?? '') : '';
    switch (given.act) {
      case 'authorize':
        await authorize(appid, { at: this.#tick() });
        this.#expect(this.#labels.get(appid)?.includes('retail') ? this.retail : this.all, appid);
        return;
      case 'withdraw':
        await withdraw(appid, this.#tick());
        return;
      case 'label': {
        const before = this.#labels.get(appid);
        if (!(await label(appid, given.labels))) return;
        this.#labels.set(appid, given.labels);
        const isNew = given.labels.includes('retail') && !before?.includes('retail');
        if (isNew && (await this.#isAuthorized(appid))) this.#expect(this.retail, appid);
        return;
      }
      case 'turn':
        await steps.turn();
        return;
      case 'killed turn':
        await killedTurn(given.at, given.isSent);
        return;
      case 'settle':
        await this.#settle(given.at, given.isGood);
        return;
      case 'wake-up':
        for (const id of [this.all, this.retail])
          await sql('insert into rollout_wakeups (rollout_id, appid) values ($1, $2)', id, appid);
        return;
      default:
        await this.#steer(given.act);
    }
  }

  async #steer(act: 'pause' | 'resume' | 'check' | 'retry'): Promise<void> {
    if (act === 'pause') await steps.pause(this.all);
    else if (act === 'resume') for (const id of [this.all, this.retail]) await this.#resume(id);
    else if (act === 'check') for (const id of [this.all, this.retail]) await checkAgain(id);
    else await steps.retry(this.all);
  }

  async #resume(id: string): Promise<void> {
    const isPaused = (await steps.rollout(id)).state === 'PAUSED';
    await steps.resume(id);
    if (isPaused) this.#recounts[id === this.all ? 0 : 1]?.resume();
  }

  async #settle(at: number, isGood: boolean): Promise<void> {
    const open = [...(await steps.open(this.all)), ...(await steps.open(this.retail))];
    const operation = open[at % Math.max(1, open.length)];
    if (operation === undefined) return;
    const how = isGood ? successOf(operation, '') : refusalOf(85051);
    await steps.settle(operation.id, isGood ? 'SUCCEEDED' : 'FAILED', how);
  }

  async #isAuthorized(appid: string): Promise<boolean> {
    const authorized = `select from authorizers where appid = $1 and state = 'AUTHORIZED'`;
    return (await sql(authorized, appid)).length === 1;
  }

  #expect(id: string, appid: string): void {
    this.#expected.set(id, (this.#expected.get(id) ?? new Set()).add(appid));
  }

  #tick(): Date {
    this.#second += 1_000;
    return new Date(this.#second);
  }
}

it(
  'A mini-program that comes to match is a candidate or a target of its rollout once, and counts, tallies and journals equal a recount after every step',
  () => playAll(step, Play.begin),
  PLAYS_MS,
);
