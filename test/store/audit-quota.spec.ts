import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { stopApis } from '@wxa/limits';
import { NOBODY } from '@wxa/postgres/trail';
import type { QuotaLook } from '@wxa/rollouts/turn';
import { accept } from './operation-steps.js';
import { gateway, pool, sql, useStore, worker } from './use-store.js';

const API = 'wxa/submit_audit';
const [A, B, C] = ['wx00000000000000a1', 'wx00000000000000a2', 'wx00000000000000a3'];
const ROLLOUT = '01999999-9999-7999-8999-999999999999';

useStore();
beforeAll(() => worker.limits.addQuota(''));
beforeEach(async () => {
  await sql(
    'truncate operations, rollouts, rollout_targets, rollout_counts, rollout_wakeups, authorizers, mini_programs, commits, api_limits',
  );
  await sql(`update audit_quota set rest = 0, "limit" = 20, lifted_at = now(), submitted_since = 2`);
});

async function looked<T>(look: (quota: QuotaLook) => Promise<T>): Promise<T | undefined> {
  let result: T | undefined;
  await worker.limits.lookAtQuota('', async (quota) => {
    result = await look(quota);
  });
  return result;
}
const exhaust = () => worker.limits.stop(API, 85085, 'used up');
/** An operator's stop for a minute. */
const brake = () =>
  stopApis(pool, { by: NOBODY }, { apis: [API], until: new Date(Date.now() + 60_000), reason: 'incident' });
const isOfOperator = () => looked(async ({ state }) => state.stop?.isOfOperator);
const candidate = (knowsAuthorizers: boolean) => looked((quota) => quota.candidate({ knowsAuthorizers }));

/** A query of the quota through a mini-program. */
async function asked(appid: string, state: 'FAILED' | 'SUCCEEDED' | 'QUEUED') {
  const id = await accept({ appid, isChange: false, method: 'GetAuditQuota' });
  await sql(
    `update operations set state = $2, ended_at = case when $2 <> 'QUEUED' then now() end,
       result = '{"rest": 7, "limit": 20}' where id = $1`,
    ...[id, state],
  );
}

/** A running rollout. `steps`: those of its targets; `waves`: one for each of the first targets; `holds`: their causes. */
async function rollout(steps: Record<string, number>, { waves = 1, holds = [] as string[] } = {}) {
  await sql(
    `insert into rollouts (id, caller, request_id, request_hash, spec, state, submit_wave, holds, last_turn_at, created_at, updated_at)
     values ($1, '', gen_random_uuid(), '', '{}', 'RUNNING', 1, $2, now(), now(), now())`,
    ...[ROLLOUT, JSON.stringify(holds.map((cause) => ({ cause })))],
  );
  await sql(
    `insert into rollout_targets (rollout_id, position, appid, wave, step, updated_at)
     select $1, n, appid, least(n, $2), step, now() from unnest($3::text[], $4::int[]) with ordinality t(appid, step, n)`,
    ...[ROLLOUT, waves, Object.keys(steps), Object.values(steps)],
  );
  await sql(
    `insert into rollout_counts (rollout_id, wave, step, state, targets)
     select rollout_id, wave, step, 'PENDING', count(*) from rollout_targets group by 1, 2, 3`,
  );
}

describe('the mini-program through which the audit quota is read', () => {
  it('Any authorized one with permission set 18 is asked, and another one while it fails', async () => {
    await sql(
      `insert into authorizers (appid, state, permission_sets) values
        ('wx00000000000000a0', 'AUTHORIZED', '{17}'), ($1, 'AUTHORIZED', '{18}'), ($2, 'UNAUTHORIZED', '{18}'), ($3, 'AUTHORIZED', null)`,
      ...[A, B, C],
    );
    await asked(A, 'SUCCEEDED');
    expect(await candidate(true)).toBe(A);
    await asked(A, 'FAILED');
    expect(await candidate(true)).toBe(C);
    await asked(C, 'QUEUED');
    expect(await candidate(true)).toBe(undefined);
    await sql(`update operations set created_at = created_at - interval '10 minutes'`);
    expect(await candidate(true)).toBe(A);
  });

  it('Without known authorizers it is the target whose submission waits first, and the next one while it fails', async () => {
    await rollout({ [A]: 4, [B]: 1, [C]: 3 });
    expect(await candidate(false)).toBe(C);
    await asked(C, 'FAILED');
    expect(await candidate(false)).toBe(B);
  });
});

describe('the state of the audit quota', () => {
  it('The audit quota is waited for if a running rollout has submissions to come in its open waves', async () => {
    const isWaitedFor = () => looked(async ({ state }) => state.isWaitedFor);
    expect(await isWaitedFor()).toBe(false);
    await rollout({ [A]: 4, [B]: 1 }, { waves: 2 });
    expect(await isWaitedFor()).toBe(false);
    await sql('update rollouts set submit_wave = 2');
    expect(await isWaitedFor()).toBe(true);
    for (const last of ['COMMIT', 'SETTINGS', 'CHECK']) {
      await sql(`update rollouts set spec = json_build_object('lastStep', $1::text)`, `ROLLOUT_STEP_${last}`);
      expect([last, await isWaitedFor()]).toEqual([last, false]);
    }
  });

  it('One process at a time looks at it', async () => {
    expect(await looked(() => looked(async () => 'looked'))).toBe(undefined);
    expect(await looked(async () => 'looked')).toBe('looked');
  });

  it('For an hour after a worker lifted the stop, submissions are limited', async () => {
    const isJustLifted = async () => (await gateway.limits.lastQuota())?.isJustLifted;
    await sql('update audit_quota set lifted_at = null, observed_at = now()');
    expect(await isJustLifted()).toBe(false);
    await exhaust();
    await looked((quota) => quota.liftStop());
    expect(await isJustLifted()).toBe(true);
    await sql(`update audit_quota set lifted_at = lifted_at - interval '1 hour'`);
    expect(await isJustLifted()).toBe(false);
  });

  it('A worker does not lift a stop that an operator makes while it looks', async () => {
    await sql('update audit_quota set lifted_at = null');
    await exhaust();
    expect(await isOfOperator()).toBe(false);
    await looked(async (quota) => {
      await brake();
      await quota.liftStop();
    });
    expect(await isOfOperator()).toBe(true);
    expect(await sql('select lifted_at from audit_quota')).toEqual([{ lifted_at: null }]);
  });

  it.each([
    ['followed', [exhaust, brake]],
    ['preceded', [brake, exhaust]],
  ])("A worker lifts the stop after an 85085 when an operator's that %s it has ended", async (_, stops) => {
    for (const stop of stops) await stop();
    expect(await isOfOperator()).toBe(true);
    await sql('update api_limits set operator_until = now()');
    expect(await isOfOperator()).toBe(false);
    await looked((quota) => quota.liftStop());
    expect(await sql('select from api_limits where stopped_until is not null')).toEqual([]);
  });

  it('An answer replaces the snapshot, except that 89405 counts until speed-ups are left', async () => {
    const observed = async (result: Record<string, number>) => {
      await looked((quota) => quota.observe({ result, at: new Date() }));
      return sql('select rest, submitted_since, speedup_rest, speedup_limit from audit_quota');
    };
    await sql('update audit_quota set speedup_rest = -1');
    const stored = { rest: 3, submitted_since: 0, speedup_rest: -1, speedup_limit: 0 };
    expect(await observed({ rest: 3, limit: 20 })).toEqual([stored]);
    const left = { speedup_rest: 2, speedup_limit: 5 };
    expect(await observed({ rest: 3, limit: 20, speedupRest: 2, speedupLimit: 5 })).toMatchObject([left]);
  });
});

describe('LiftApiStop of wxa/submit_audit', () => {
  const lift = () => gateway.limits.lift(NOBODY, API, '');
  const woken = async () => (await sql('delete from rollout_wakeups returning rollout_id')).length;
  const stored = async () => (await sql('select rest, lifted_at is not null as lifted from audit_quota'))[0];

  it.each(['used up', 'used\u0000 up'])(
    'LiftApiStop of wxa/submit_audit ends the limit of the hour after a lift, forgets the snapshot and wakes the rollouts that run: %j',
    async (refusal) => {
      await rollout({ [A]: 3 }, { holds: ['CAUSE_AUDIT_QUOTA'] });
      await worker.limits.stop(API, 85085, refusal);
      await lift();
      expect([await woken(), await stored()]).toEqual([1, { rest: null, lifted: false }]);
    },
  );

  it('LiftApiStop changes nothing if the API is not stopped, and wakes a rollout that shows no hold yet', async () => {
    await rollout({ [A]: 3 });
    await lift();
    expect([await woken(), await stored()]).toEqual([0, { rest: 0, lifted: true }]);
    await exhaust();
    await lift();
    expect(await woken()).toBe(1);
  });
});
