import { beforeEach, describe, expect, it } from '@jest/globals';
import { takeTurn } from '@wxa/rollouts/turn';
import { newAppid } from '../appid.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { gateway, sql, useStore, value, worker } from '../store/use-store.js';
import { Recount } from '../turns/recount.js';
import { killAtStatement } from '../turns/turn-connection.js';
import { COMMIT_ONLY, steps, TURN_OPTIONS } from '../turns/turn-steps.js';
import {
  appidsOf,
  authorize,
  candidatesOf,
  checkAgain,
  exchange,
  forgetAll,
  imported,
  label,
  labelled,
  listed,
  newcomers,
  oldCustomer,
  read,
  received,
  second,
  takingIn,
  withdraw,
} from './intake-steps.js';

useStore();
beforeEach(forgetAll);

describe('intake', () => {
  it('The transaction that makes a mini-program AUTHORIZED with set 18 makes it a candidate, and one without set 18 none', async () => {
    const id = await steps.start([], takingIn());
    const [appid, other] = [newAppid(), newAppid()];
    await authorize(appid);
    await authorize(other, { permissionSets: [17] });
    expect(await candidatesOf(id)).toEqual([appid]);
  });

  it('One that authorized before the rollout began, one that is imported and one that a first sync lists are no newcomers', async () => {
    const before = newAppid();
    await authorize(before, { at: new Date(Date.now() - 60_000) });
    const id = await steps.start([], takingIn());
    await exchange(before);
    const [first, unknown] = [newAppid(), newAppid()];
    await listed([first], new Date('2026-01-01T00:00:00Z'));
    await listed([unknown], null);
    await imported(newAppid());
    expect(await candidatesOf(id)).toEqual([]);
    await steps.turns();
    expect(await appidsOf(id)).toEqual([]);
  });

  it('A callback that WeChat repeats makes no candidate again of a mini-program that is a target', async () => {
    const id = await steps.begin([], takingIn());
    const push = { appid: newAppid(), code: 'code', key: 'key', sentAt: second() };
    await received().recordAuthorization(push);
    await exchange(push.appid);
    await steps.turns();
    expect(await received().recordAuthorization(push)).toBe(false);
    expect([await appidsOf(id), await candidatesOf(id)]).toEqual([[push.appid], []]);
  });

  it('One whose callback was lost becomes a candidate with the sync that finds it', async () => {
    const id = await steps.start([], takingIn());
    const appid = newAppid();
    await listed([appid], new Date());
    expect(await candidatesOf(id)).toEqual([appid]);
  });

  it('One that has authorized again while the callback was lost becomes a candidate with the sync that reads it, also with the permission sets that it had', async () => {
    const appid = await oldCustomer();
    const { callbackAt } = (await received().readTokens(appid)) ?? {};
    const id = await steps.start([], takingIn());
    await read(appid, { authorizedAt: new Date(), toldAt: callbackAt ?? null });
    expect(await candidatesOf(id)).toEqual([appid]);
  });

  it('One that is known without tokens is a newcomer with its callback, although its permission sets are unknown, and one with a code only once that is exchanged', async () => {
    const id = await steps.start([], takingIn());
    const [without, pending] = [newAppid(), newAppid()];
    const push = { code: 'code', key: 'key', sentAt: second() };
    await gateway.directory().recordAuthorization({ appid: without, ...push });
    await received().recordAuthorization({ appid: pending, ...push });
    expect(await candidatesOf(id)).toEqual([without]);
    await exchange(pending);
    expect(await candidatesOf(id)).toEqual([without, pending].toSorted());
  });

  it('One that authorized again becomes a candidate if WeChat rejects its code and returns the permission sets that it had', async () => {
    const id = await steps.start([], takingIn());
    const appid = await oldCustomer();
    await received().recordAuthorization({ appid, code: 'late', key: 'key', sentAt: second() });
    const { codeId } = (await received().readTokens(appid)) ?? {};
    const info = { permissionSets: [18], nickName: '' };
    await received().rejectCode({ appid, codeId: codeId ?? '' }, '61010', info);
    expect(await candidatesOf(id)).toEqual([appid]);
  });

  it('A label that makes a mini-program match makes it a candidate, another one does not', async () => {
    const [match, partly] = [await oldCustomer(['retail']), await oldCustomer()];
    const had = await oldCustomer(['retail', 'new']);
    const id = await steps.start([], takingIn({ match: labelled('retail', 'new') }));
    await label(match, ['retail', 'new']);
    await label(partly, ['new']);
    await label(had, ['retail', 'new', 'vip']);
    await label(had, ['retail', 'new']);
    expect(await candidatesOf(id)).toEqual([match]);
  });

  it('A newcomer goes to the newest rollout that takes in and matches', async () => {
    const first = await steps.start([], takingIn());
    const newer = await steps.start([], takingIn({ match: labelled('retail') }));
    const closed = await steps.start([], takingIn());
    await steps.close(closed);
    const appid = newAppid();
    await authorize(appid);
    const candidates = await Promise.all([first, newer, closed].map(candidatesOf));
    expect(candidates).toEqual([[appid], [], []]);
    await label(appid, ['retail']);
    expect(await candidatesOf(newer)).toEqual([appid]);
  });

  it('An older rollout does not take in what a newer one has released and still matches, when it authorizes again or gets a label', async () => {
    const old = await steps.begin([], takingIn({ match: labelled('retail') }));
    const newer = await steps.begin([], takingIn({ match: labelled('vip') }));
    const appid = newAppid();
    await authorize(appid);
    await label(appid, ['vip']);
    await steps.turns();
    await steps.succeed(newer);
    await label(appid, ['vip', 'retail']);
    await steps.close(newer);
    await steps.turns();
    await authorize(appid);
    expect(await candidatesOf(old)).toEqual([]);
    await label(appid, []);
    await label(appid, ['retail']);
    expect(await candidatesOf(old)).toEqual([appid]);
  });

  it('The turn makes candidates targets of the last wave in the order in which they came, with exact counts, also while the rollout is paused', async () => {
    const selected = newAppids(3);
    const waves = [
      { size: { $case: 'count' as const, value: 2 } },
      { size: { $case: 'rest' as const, value: true } },
    ];
    const id = await steps.begin(selected, takingIn({}, { waves }));
    const recount = new Recount(id);
    await recount.check();
    await steps.pause(id);
    await steps.turns();
    const came = await newcomers(3);
    const { version } = await steps.rollout(id);
    await steps.turns();
    await recount.check();
    expect(await appidsOf(id)).toEqual([...selected, ...came]);
    expect((await steps.targets<{ wave: number }>(id)).map(({ wave }) => wave)).toEqual([1, 1, 2, 2, 2, 2]);
    const rollout = await steps.rollout(id);
    expect(rollout).toMatchObject({ targets: 6, state: 'PAUSED', open: true });
    expect(Number(rollout.version)).toBeGreaterThan(Number(version));
    expect(await candidatesOf(id)).toEqual([]);
  });

  it('A mini-program becomes a target once, however often it authorizes and gets labels', async () => {
    const id = await steps.begin([], takingIn({ match: labelled('retail') }));
    const appid = newAppid();
    await authorize(appid);
    for (let n = 0; n < 2; n += 1) {
      await label(appid, ['retail']);
      await steps.turns();
      await steps.succeed(id);
      await label(appid, []);
      await authorize(appid);
      await steps.turns();
    }
    await checkAgain(id);
    await steps.turns();
    const once = { appid, attempt: 1, completions: 1, state: 'SUCCEEDED' };
    expect(await steps.targets(id)).toMatchObject([once]);
    await new Recount(id).check();
  });

  it('A target that was skipped without an authorization begins again when it authorizes, under a new attempt', async () => {
    const id = await steps.begin([], takingIn());
    const [appid = ''] = await newcomers(1);
    await withdraw(appid, new Date(Date.now() + 1_000));
    await steps.turns({ checksAuthorization: true });
    const skipped = { state: 'SKIPPED', reason: 'NOT_AUTHORIZED', attempt: 1 };
    expect(await steps.targets(id)).toMatchObject([skipped]);
    await authorize(appid, { at: new Date(Date.now() + 2_000) });
    await steps.turns({ checksAuthorization: true });
    expect(await steps.targets(id)).toMatchObject([{ state: 'RUNNING', attempt: 2 }]);
    await new Recount(id).check();
  });

  it('A target of the selection that was skipped because WeChat rejected its refresh token by mistake begins again when the recheck succeeds', async () => {
    const appid = await oldCustomer();
    const id = await steps.start([appid], takingIn());
    const { refreshTokenId: used = '' } = (await received().readTokens(appid)) ?? {};
    await received().refuseRefreshToken({ appid, used }, '61003');
    await steps.turns({ checksAuthorization: true });
    expect(await steps.targets(id)).toMatchObject([{ state: 'SKIPPED', reason: 'NOT_AUTHORIZED' }]);
    const given = { refreshToken: 'r', accessToken: 'a', grantedMs: 7_200_000 };
    await received().keepTokens({ appid, used }, given);
    await steps.turns({ checksAuthorization: true });
    expect(await steps.targets(id)).toMatchObject([{ state: 'RUNNING', attempt: 2 }]);
    await new Recount(id).check();
  });

  it('Another end is not repeated by a new authorization', async () => {
    const id = await steps.begin([], takingIn());
    const [appid = ''] = await newcomers(1);
    await steps.turns();
    await steps.fail(id, 85051);
    await steps.turns();
    await authorize(appid);
    await steps.turns();
    expect(await steps.targets(id)).toMatchObject([{ state: 'FAILED', attempt: 1 }]);
  });

  it('A turn that dies between a candidate and its target has done nothing, and the next one takes it once', async () => {
    const id = await steps.begin([], takingIn());
    const came = await newcomers(2);
    for (let at = 0; at < 12; at += 1)
      await steps.turn((turn) => killAtStatement(turn, { at, isSent: at % 2 === 1 })).catch(() => undefined);
    await steps.turns();
    expect(await appidsOf(id)).toEqual(came);
    await new Recount(id).check();
  });

  it('A turn takes 500 candidates, and the next one follows at once', async () => {
    const id = await steps.begin([], takingIn());
    await sql(
      `insert into rollout_candidates (rollout_id, appid) select $1, 'wx' || lpad(to_hex(n), 16, '0') from generate_series(1, 501) n`,
      id,
    );
    await sql('update rollouts set next_turn_at = now() where id = $1', id);
    await steps.turn();
    expect(await value('select targets from rollouts where id = $1', id)).toBe(500);
    await steps.turn();
    expect(await value('select targets from rollouts where id = $1', id)).toBe(501);
  });
});

it('A rollout without continuous sends no statement of an intake, and takes in nobody', async () => {
  const id = await steps.start(newAppids(1), COMMIT_ONLY);
  await newcomers(1);
  await sql("update rollouts set last_turn_at = now() - interval '1 second'");
  const sent: unknown[] = [];
  await worker.rollouts.turn(TURN_OPTIONS, (start) => {
    const { client } = start;
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<never>;
    const recorded = (...args: unknown[]) => {
      sent.push((args[0] as { name?: string }).name);
      return query(...args);
    };
    Object.assign(client, { query: recorded });
    return takeTurn(start).finally(() => Reflect.deleteProperty(client, 'query'));
  });
  expect(sent).toContain('write-rollout');
  for (const name of ['take-candidates', 'take-in-missed', 'discard-candidates'])
    expect(sent).not.toContain(name);
  expect(await steps.rollout(id)).toMatchObject({ targets: 1, open: false, intakeSince: null });
  expect(await value('select tally_day from rollouts where id = $1', id)).toBeNull();
});
