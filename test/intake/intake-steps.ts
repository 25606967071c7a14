import { randomBytes, randomUUID } from 'node:crypto';
import { Secrets, type TokenStore } from '@wxa/authorizers';
import { type DeepPartial, type RolloutContinuous, type RolloutSpec, RolloutStep } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { column, gateway, sql, value, worker } from '../store/use-store.js';
import { steps } from '../turns/turn-steps.js';

const secrets = new Secrets(randomBytes(32));
export const received = (): TokenStore => gateway.tokens(secrets);
const tokens = (): TokenStore => worker.tokens(secrets);

/** Ends all rollouts and forgets all mini-programs, so that none of them is a newcomer of a later test. */
export async function forgetAll(): Promise<void> {
  await steps.endAll();
  await sql('truncate authorizers, authorizer_ignored, mini_programs, commits, rollout_candidates');
}

/** The time of a callback: WeChat has whole seconds. */
export const second = (time = new Date()) => new Date(Math.floor(time.getTime() / 1000) * 1000);

/** A mini-program authorizes, again or for the first time: its callback, then the exchange of its code. */
export async function authorize(
  appid: string,
  { at = new Date(), permissionSets = [18] }: { at?: Date; permissionSets?: number[] } = {},
): Promise<void> {
  const push = { appid, code: randomUUID(), key: randomUUID(), sentAt: second(at) };
  if (await received().recordAuthorization(push)) await exchange(appid, permissionSets);
}

export async function exchange(appid: string, permissionSets = [18]): Promise<void> {
  const { refreshTokenId: used = '', codeId = null } = (await tokens().readTokens(appid)) ?? {};
  const given = { refreshToken: 'r', accessToken: 'a', grantedMs: 7_200_000 };
  await tokens().keepTokens({ appid, used }, given, { codeId, permissionSets });
}

export async function withdraw(appid: string, at = new Date()): Promise<void> {
  await received().recordAuthorization({ appid, code: null, key: randomUUID(), sentAt: second(at) });
}

export const label = (appid: string, labels: string[]) => received().setLabels(appid, labels);

/** A customer that authorized long before, with labels. */
export async function oldCustomer(labels: string[] = []): Promise<string> {
  const appid = newAppid();
  await authorize(appid, { at: new Date('2026-01-01T00:00:00Z') });
  await sql('update authorizers set labels = $2 where appid = $1', appid, labels);
  return appid;
}

/** New customers, which authorize now. */
export async function newcomers(count: number): Promise<string[]> {
  const appids = Array.from({ length: count }, newAppid);
  for (const appid of appids) await authorize(appid);
  return appids;
}

/** A sync finds mini-programs in WeChat's list, with the times of their authorizations, and reads them. */
export async function listed(appids: readonly string[], authorizedAt: Date | null): Promise<void> {
  const all = appids.map((appid) => ({ appid, refreshToken: 'of the list', authorizedAt }));
  await tokens().addListed(all);
  for (const appid of appids) await read(appid, { authorizedAt, toldAt: null });
}

/** A sync has read a mini-program; `toldAt`: the time of its last callback. */
export const read = (appid: string, times: Record<'authorizedAt' | 'toldAt', Date | null>) =>
  tokens().keepListedInfo({ appid, ...times, permissionSets: [18], nickName: '' });

/** Imported with a refresh token, without a time. */
export async function imported(appid: string): Promise<void> {
  const given = { refreshToken: 'r', accessToken: 'a', grantedMs: 7_200_000 };
  await tokens().keepImported({ appid, refreshToken: 'r' }, given);
  await tokens().keepAuthorizerInfo(appid, { permissionSets: [18], nickName: '' });
}

/** A specification that only commits, and takes in newcomers; all of them by default. */
export const takingIn = (
  continuous: DeepPartial<RolloutContinuous> = {},
  given: DeepPartial<RolloutSpec> = {},
): DeepPartial<RolloutSpec> => ({
  firstStep: RolloutStep.ROLLOUT_STEP_COMMIT,
  lastStep: RolloutStep.ROLLOUT_STEP_COMMIT,
  continuous: { match: { $case: 'allAuthorized', value: true }, ...continuous },
  ...given,
});
export const labelled = (...labels: string[]) => ({ $case: 'labels' as const, value: { labels } });

export const candidatesOf = (id: string): Promise<string[]> =>
  column('select appid from rollout_candidates where rollout_id = $1 order by appid', id);
export const appidsOf = (id: string): Promise<string[]> =>
  column('select appid from rollout_targets where rollout_id = $1 order by position', id);
/** The types of the journal after the start, with the causes of closes and without gates, oldest first. */
export const journalOf = (id: string): Promise<string[]> =>
  column(
    `select concat_ws(' ', type, case when type = 'CLOSED' then args ->> 'cause' end) from rollout_changes
     where rollout_id = $1 and type not in ('CREATED', 'STARTED', 'GATE_OPENED') order by seq`,
    id,
  );
export const published = <T>(id: string, name: string): Promise<T[]> =>
  column(
    `select value::json from outbox where appid = $1 and type = 'wxa.code.v1.Rollout' || $2 order by id`,
    ...[id, name],
  );
/** Makes a rollout look for newcomers that no transaction has taken in, as after an hour. */
export const checkAgain = (id: string) =>
  sql(
    `update rollouts set intake_checked_at = intake_checked_at - interval '1 hour', next_turn_at = now() where id = $1`,
    id,
  );
export const isOpen = (id: string) => value<boolean>('select open from rollouts where id = $1', id);
