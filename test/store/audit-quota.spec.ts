import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Actor, QuotaLook } from '@wxa/store';
import { newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

const API = 'wxa/submit_audit';
const NOBODY: Actor = { caller: null, onBehalfOf: null, peer: null };
const [A, B, C] = ['wx00000000000000a1', 'wx00000000000000a2', 'wx00000000000000a3'];
const ROLLOUT = '01999999-9999-7999-8999-999999999999';

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
  await scratch.worker.limits.addQuota('');
});
afterAll(() => scratch?.close());
beforeEach(async () => {
  for (const table of [
    'operations',
    'rollouts',
    'rollout_targets',
    'rollout_counts',
    'rollout_wakeups',
    'authorizers',
  ])
    await scratch.sql(`delete from ${table}`);
  await scratch.sql(`update audit_quota set rest = 0, "limit" = 20, lifted_at = now(), submitted_since = 2`);
});

async function looked<T>(look: (quota: QuotaLook) => Promise<T>): Promise<T | undefined> {
  let result: T | undefined;
  await scratch.worker.limits.lookAtQuota('', async (quota) => {
    result = await look(quota);
  });
  return result;
}
const candidate = (knowsAuthorizers: boolean) => looked((quota) => quota.candidate({ knowsAuthorizers }));

/** A query of the quota through a mini-program. */
async function asked(appid: string, state: 'FAILED' | 'SUCCEEDED' | 'QUEUED') {
  const query = newOperation({ appid, isChange: false });
  await scratch.worker.operations.accept(query);
  await scratch.sql(
    `update operations set method = 'GetAuditQuota', state = $2, ended_at = case when $2 <> 'QUEUED' then now() end,
       result = '{"rest": 7, "limit": 20}' where id = $1`,
    [query.id, state],
  );
}

/** A running rollout with targets in steps; `holds`: the causes of its holds. */
async function rollout(targets: [appid: string, step: number, wave?: number][], holds: string[] = []) {
  await scratch.sql(
    `insert into rollouts (id, caller, request_id, request_hash, spec, state, submit_wave, holds, last_turn_at, created_at, updated_at)
     values ($1, '', $2, '', '{}', 'RUNNING', 1, $3, now(), now(), now())`,
    [ROLLOUT, randomUUID(), JSON.stringify(holds.map((cause) => ({ cause: `CAUSE_${cause}` })))],
  );
  for (const [i, [appid, step, wave = 1]] of targets.entries()) {
    await scratch.sql(
      `insert into rollout_targets (rollout_id, position, appid, wave, step, updated_at) values ($1, $2, $3, $4, $5, now())`,
      [ROLLOUT, i + 1, appid, wave, step],
    );
    await scratch.sql(
      `insert into rollout_counts (rollout_id, wave, step, state, targets) values ($1, $2, $3, 'PENDING', 1)
       on conflict (rollout_id, wave, step, state, waits_for) do update set targets = rollout_counts.targets + 1`,
      [ROLLOUT, wave, step],
    );
  }
}

describe('the mini-program through which the audit quota is read', () => {
  it('Any authorized one with permission set 18 is asked, and another one while it fails', async () => {
    await scratch.sql(
      `insert into authorizers (appid, state, permission_sets) values
        ('wx00000000000000a0', 'AUTHORIZED', '{17}'), ($1, 'AUTHORIZED', '{18}'), ($2, 'UNAUTHORIZED', '{18}'), ($3, 'AUTHORIZED', null)`,
      [A, B, C],
    );
    await asked(A, 'SUCCEEDED');
    expect(await candidate(true)).toBe(A);
    await asked(A, 'FAILED');
    expect(await candidate(true)).toBe(C);
    await asked(C, 'QUEUED');
    expect(await candidate(true)).toBe(undefined);
    await scratch.sql(`update operations set created_at = created_at - interval '10 minutes'`);
    expect(await candidate(true)).toBe(A);
  });

  it('Without known authorizers it is the target whose submission waits first, and the next one while it fails', async () => {
    await rollout([
      [A, 4],
      [B, 1],
      [C, 3],
    ]);
    expect(await candidate(false)).toBe(C);
    await asked(C, 'FAILED');
    expect(await candidate(false)).toBe(B);
  });
});

describe('the state of the audit quota', () => {
  it('It is waited for if a running rollout has submissions to come in its open waves', async () => {
    const isWaitedFor = () => looked(async ({ state }) => state.isWaitedFor);
    expect(await isWaitedFor()).toBe(false);
    await rollout([
      [A, 4],
      [B, 1, 2],
    ]);
    expect(await isWaitedFor()).toBe(false);
    await scratch.sql('update rollouts set submit_wave = 2');
    expect(await isWaitedFor()).toBe(true);
    await scratch.sql(`update rollouts set spec = '{"lastStep": "ROLLOUT_STEP_CHECK"}'`);
    expect(await isWaitedFor()).toBe(false);
  });

  it('One process at a time looks at it', async () => {
    const inner = await looked(() => looked(async () => 'looked'));
    expect(inner).toBe(undefined);
    expect(await looked(async () => 'looked')).toBe('looked');
  });

  it('For an hour after a worker lifted the stop, submissions are limited', async () => {
    const isJustLifted = async () => (await scratch.gateway.limits.lastQuota())?.isJustLifted;
    await scratch.sql('update audit_quota set lifted_at = null, observed_at = now()');
    expect(await isJustLifted()).toBe(false);
    await looked((quota) => quota.liftStop());
    expect(await isJustLifted()).toBe(true);
    await scratch.sql(`update audit_quota set lifted_at = lifted_at - interval '1 hour'`);
    expect(await isJustLifted()).toBe(false);
  });

  it('An answer replaces the snapshot, except that 89405 counts until speed-ups are left', async () => {
    const observe = (result: Record<string, number>) =>
      looked((quota) => quota.observe({ result, at: new Date() }));
    const stored = async () =>
      (await scratch.sql('select rest, submitted_since, speedup_rest, speedup_limit from audit_quota'))[0];
    await scratch.sql('update audit_quota set speedup_rest = -1');
    await observe({ rest: 3, limit: 20 });
    expect(await stored()).toEqual({ rest: 3, submitted_since: 0, speedup_rest: -1, speedup_limit: 0 });
    await observe({ rest: 3, limit: 20, speedupRest: 2, speedupLimit: 5 });
    expect(await stored()).toMatchObject({ speedup_rest: 2, speedup_limit: 5 });
  });
});

describe('LiftApiStop of wxa/submit_audit', () => {
  const woken = async () => (await scratch.sql('delete from rollout_wakeups returning rollout_id')).length;
  const stored = async () =>
    (await scratch.sql('select rest, lifted_at is not null as lifted from audit_quota'))[0];

  it('It ends the limit of the hour after a lift, forgets the snapshot and wakes the rollouts that run', async () => {
    await rollout([[A, 3]], ['AUDIT_QUOTA']);
    await scratch.worker.limits.stop(API, 85085, 'used up');
    await scratch.gateway.limits.lift(NOBODY, API, '');
    expect([await woken(), await stored()]).toEqual([1, { rest: null, lifted: false }]);
  });

  it('It ends a stop whose refusal had a NUL character', async () => {
    await scratch.worker.limits.stop(API, 85085, 'used\u0000 up');
    await scratch.gateway.limits.lift(NOBODY, API, '');
    expect(await stored()).toEqual({ rest: null, lifted: false });
  });

  it('It changes nothing if the API is not stopped, and wakes a rollout that shows no hold yet', async () => {
    await rollout([[A, 3]], []);
    await scratch.gateway.limits.lift(NOBODY, API, '');
    expect([await woken(), await stored()]).toEqual([0, { rest: 0, lifted: true }]);
    await scratch.worker.limits.stop(API, 85085, 'used up');
    await scratch.gateway.limits.lift(NOBODY, API, '');
    expect(await woken()).toBe(1);
  });
});
