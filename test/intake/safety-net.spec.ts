import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Turn } from '@wxa/rollouts/turn';
import { sql, useStore } from '../store/use-store.js';
import { atStatement } from '../turns/turn-connection.js';
import { steps } from '../turns/turn-steps.js';
import {
  appidsOf,
  authorize,
  candidatesOf,
  checkAgain,
  forgetAll,
  newcomers,
  oldCustomer,
  received,
  takingIn,
} from './intake-steps.js';

useStore();
beforeEach(forgetAll);

describe('safety net', () => {
  it('A newcomer whose transaction did not see the rollout begin is taken in within an hour, and nobody else', async () => {
    await oldCustomer();
    const id = await steps.begin([], takingIn());
    const [missed = ''] = await newcomers(1);
    await sql('delete from rollout_candidates');
    await steps.turns();
    expect(await appidsOf(id)).toEqual([]);
    await checkAgain(id);
    await steps.turns();
    expect(await appidsOf(id)).toEqual([missed]);
  });

  it('More newcomers than one look takes in are taken in by further looks, whatever waits to become a target', async () => {
    await oldCustomer();
    const id = await steps.begin([], takingIn());
    await sql(
      `insert into authorizers (appid, state, permission_sets, authorized_at)
       select 'wx' || lpad(i::text, 16, '0'), 'AUTHORIZED', '{18}', now() from generate_series(1, 6000) i`,
    );
    await checkAgain(id);
    for (let turn = 0; turn < 3; turn++) await steps.turn();
    expect(new Set([...(await appidsOf(id)), ...(await candidatesOf(id))]).size).toBe(6_000);
  });

  it('A target whose refresh token WeChat accepts again while a turn skips it begins again within an hour', async () => {
    const appid = await oldCustomer();
    const id = await steps.start([appid], takingIn());
    const { refreshTokenId: used = '' } = (await received().readTokens(appid)) ?? {};
    await received().refuseRefreshToken({ appid, used }, '61003');
    const given = { refreshToken: 'r', accessToken: 'a', grantedMs: 7_200_000 };
    const whileRead = (turn: Turn) =>
      atStatement(turn, 'pending-targets', async (send) => {
        const rows = await send();
        await received().keepTokens({ appid, used }, given);
        return rows;
      });
    await steps.turn(whileRead, { checksAuthorization: true });
    await steps.turns({ checksAuthorization: true });
    expect(await steps.targets(id)).toMatchObject([{ state: 'SKIPPED', reason: 'NOT_AUTHORIZED' }]);
    await checkAgain(id);
    await steps.turns({ checksAuthorization: true });
    expect(await steps.targets(id)).toMatchObject([{ state: 'RUNNING', attempt: 2 }]);
  });

  it('A target whose operation failed with NOT_AUTHORIZED, and whose refresh token WeChat accepts again before a turn skips it, begins again within an hour', async () => {
    const appid = await oldCustomer();
    const id = await steps.begin([appid], takingIn());
    const { refreshTokenId: used = '' } = (await received().readTokens(appid)) ?? {};
    await received().refuseRefreshToken({ appid, used }, '61003');
    const [operation] = await steps.open(id);
    const error = JSON.stringify({ reason: 'NOT_AUTHORIZED', errmsg: 'must be authorized again: 61003' });
    await steps.settle(operation?.id ?? '', 'FAILED', { error });
    await received().keepTokens(
      { appid, used },
      { refreshToken: 'r', accessToken: 'a', grantedMs: 7_200_000 },
    );
    await steps.turns({ checksAuthorization: true });
    expect(await steps.targets(id)).toMatchObject([{ state: 'SKIPPED', reason: 'NOT_AUTHORIZED' }]);
    await checkAgain(id);
    await steps.turns({ checksAuthorization: true });
    expect(await steps.targets(id)).toMatchObject([{ state: 'RUNNING', attempt: 2 }]);
  });

  it('A target that WeChat refused for a permission set stays SKIPPED until it authorizes again', async () => {
    const appid = await oldCustomer();
    const id = await steps.begin([appid], takingIn());
    await steps.fail(id, 61007);
    await steps.turns();
    await checkAgain(id);
    await steps.turns();
    expect(await steps.targets(id)).toMatchObject([
      { state: 'SKIPPED', reason: 'NOT_AUTHORIZED', attempt: 1 },
    ]);
    await authorize(appid);
    await steps.turns();
    expect(await steps.targets(id)).toMatchObject([{ state: 'RUNNING', attempt: 2 }]);
  });

  it('An older rollout does not take in what a newer one has taken in, also after that has ended', async () => {
    const old = await steps.begin([], takingIn());
    const newer = await steps.begin([], takingIn());
    const [appid = ''] = await newcomers(1);
    await steps.turns();
    await steps.succeed(newer);
    await steps.close(newer);
    await steps.turns();
    await checkAgain(old);
    await steps.turns();
    expect([await appidsOf(old), await appidsOf(newer)]).toEqual([[], [appid]]);
    expect((await steps.rollout(newer)).state).toBe('COMPLETED');
  });
});
