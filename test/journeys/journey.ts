import { expect } from '@jest/globals';
import type { DeepPartial, Rollout, RolloutTarget } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { type AnswerOf, codecOf, type RequestOf, type Rpc } from '../rollouts/rollout-calls.js';
import { RolloutSteps } from '../rollouts/rollout-steps.js';
import { type World } from '../world.js';

/** Audits of mini-programs whose appid begins like this are rejected, or stay open until the test decides them. */
const REJECTED = 'wxbad0bad0';
const OPEN = 'wx09e409e4';

export const AUDIT_RULES = [
  { decision: 'reject' as const, appid: `${REJECTED}*`, reason: '1:类目不符<br>2:页面无法打开' },
  { decision: 'approve' as const, appid: `${OPEN}*`, delayMs: 3_600_000 },
];

const like = (prefix: string) => prefix + newAppid().slice(prefix.length);
export const rejectedAppid = () => like(REJECTED);
export const openAppid = () => like(OPEN);

/** Enum values without the prefix of their type. */
const short = (value: string) => value.replace(/^ROLLOUT_(TARGET_STATE|STEP|WAIT)_/, '');

export const DONE = 'VERIFY SUCCEEDED';

/** Step, state and wait of a target, as `RELEASE WAITING GRAY_PAUSE`. */
export function placeOf({ step, state, waitsFor }: RolloutTarget): string {
  const wait = short(waitsFor);
  return [short(step), short(state), ...(wait === 'UNSPECIFIED' ? [] : [wait])].join(' ');
}

/** A wave of all remaining targets. */
export const REST = { size: { $case: 'rest' as const, value: true } };
/** A wave of this many targets. */
export const count = (value: number) => ({ size: { $case: 'count' as const, value } });

/** A caller's view of rollouts: calls with the fields that matter, and the events of the topic. */
export class Journey extends RolloutSteps {
  constructor(private readonly of: () => World) {
    super(of);
  }

  ask<R extends Rpc>(rpc: R, request: DeepPartial<RequestOf<R>>): Promise<AnswerOf<R>> {
    return this.call(rpc, codecOf(rpc).fromPartial(request));
  }

  target(id: string, appid: string): Promise<RolloutTarget> {
    return this.ask('getRolloutTarget', { id, appid });
  }

  /** Step and state of each target, by position. */
  async places(id: string): Promise<string[]> {
    return (await this.targets(id)).map(placeOf);
  }

  /** Waits until the targets are in these places, by position. */
  async untilPlaces(id: string, ...places: string[]): Promise<void> {
    await eventually(async () => expect(await this.places(id)).toEqual(places));
  }

  /** Waits until a rollout has completed, with its targets in these places. */
  async untilEnd(id: string, ...places: string[]): Promise<Rollout> {
    const rollout = await this.until(id);
    expect(await this.places(id)).toEqual(places);
    return rollout;
  }

  async failures(id: string) {
    return (await this.ask('listRolloutFailures', { id })).failures;
  }

  /** The journal, oldest first. */
  async journal(id: string) {
    return (await this.ask('listRolloutChanges', { id, pageSize: 500 })).changes.reverse();
  }

  /** The events of a rollout as seen so far, without repeats. */
  events(id: string) {
    const seen = new Set<string>();
    return this.of()
      .seen.filter((event) => event.key === id && !seen.has(event.id) && seen.add(event.id))
      .map((event) => ({ ...event, name: event.type.replace('wxa.code.v1.Rollout', '') }));
  }

  /** The first event of a rollout with this name, once it is seen. */
  event(id: string, name: string) {
    return eventually(() => this.events(id).find((event) => event.name === name) ?? false);
  }

  /** The effects at WeChat on a mini-program, oldest first. */
  async effects(appid: string): Promise<string[]> {
    return (await this.of().sim.calls({ appid })).flatMap(({ effect }) => effect ?? []);
  }

  /** The first words of these effects, as in `commit`. */
  async kinds(appid: string): Promise<(string | undefined)[]> {
    return (await this.effects(appid)).map((effect) => effect.split(' ')[0]);
  }

  /** Makes what a rollout and its targets wait for due. */
  async makeDue(id: string): Promise<void> {
    await this.of().sql('update rollout_targets set due_at = now() where rollout_id = $1', [id]);
    await this.of().sql('update rollouts set next_turn_at = now() where id = $1', [id]);
  }

  /** How many operations of a rollout were accepted. */
  async accepted(id: string): Promise<number> {
    return (await this.of().sql('select from operations where rollout_id = $1', [id])).length;
  }
}

/** An audit item as WeChat gets it. */
const ITEM_SENT = {
  address: 'index',
  title: '首页',
  tag: '学习',
  first_class: '工具',
  first_id: 1,
  second_class: '备忘录',
  second_id: 2,
};

/** Lets mini-programs authorize the platform, and waits until their codes have been exchanged. */
export async function authorized<Appids extends string[]>(world: World, ...appids: Appids): Promise<Appids> {
  for (const appid of appids) await world.sim.authorize(appid, { permissionSets: [17, 18] });
  const known = `select from authorizers
    where state = 'AUTHORIZED' and code is null and permission_sets = '{17,18}' and appid = any($1)`;
  await eventually(async () => (await world.sql(known, [appids])).length === appids.length);
  return appids;
}

export async function commitByHand(world: World, appid: string, version: string): Promise<void> {
  const body = { template_id: 0, ext_json: '{}', user_version: version };
  await world.sim.byHand(appid, { api: 'wxa/commit', body });
}

export async function submitByHand(world: World, appid: string): Promise<void> {
  await world.sim.byHand(appid, { api: 'wxa/submit_audit', body: { item_list: [ITEM_SENT] } });
}

/** Commits, submits and releases a version outside the platform. */
export async function release(world: World, appid: string, version: string): Promise<void> {
  await commitByHand(world, appid, version);
  await submitByHand(world, appid);
  await world.sim.decide(appid, { decision: 'approve' }).catch(() => undefined);
  await eventually(() => world.sim.byHand(appid, { api: 'wxa/release' }));
}
