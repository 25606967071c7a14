import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RolloutStep } from '@wxa/contracts';
import { ROOMS } from '@wxa/methods';
import { liftStops, type Recording, stopApis } from '@wxa/store';
import pg from 'pg';
import { eventually } from '../eventually.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { claimed, settlement } from '../store/operation-steps.js';
import { newOperation, type ScratchStore, scratchStore } from '../store/scratch-store.js';
import { refusalOf, TurnSteps } from './turn-steps.js';

let scratch: ScratchStore;
let steps: TurnSteps;
let pool: pg.Pool;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new TurnSteps(scratch);
  pool = new pg.Pool({ connectionString: scratch.url, max: 1 });
  await scratch.worker.limits.addQuota('');
});
afterAll(async () => {
  await pool?.end();
  await scratch?.close();
});
beforeEach(async () => {
  await scratch.sql(`update rollouts set state = 'COMPLETED' where state not in ('DRAFT', 'CANCELLED')`);
  await scratch.sql('update rollout_targets set holds_appid = false where holds_appid');
  await scratch.sql('delete from api_limits');
  await scratch.sql('update audit_quota set rest = null, observed_at = null, submitted_since = 0');
});

const BY: Recording = {
  by: { caller: 'cli:ann@host', onBehalfOf: null, peer: null },
  onRecorded: () => undefined,
};
const COMMIT = ROOMS.Commit.api;
const stop = (inMs: number) =>
  stopApis(pool, BY, { apis: [COMMIT], until: new Date(Date.now() + inMs), reason: 'broken template' });
const DAY_MS = 86_400_000;
const FROM_CHECK = { firstStep: RolloutStep.ROLLOUT_STEP_CHECK };
const statesOf = async (id: string) => (await steps.targets(id)).map(({ state }) => state);
const typesOf = async (id: string) =>
  (
    await scratch.sql<{ type: string }>(
      'select type from rollout_changes where rollout_id = $1 order by seq',
      [id],
    )
  ).map(({ type }) => type);

describe('the stop of an API', () => {
  it('A lift while a turn begins its hold does not wait for the turn, and wakes the rollout', async () => {
    await stop(DAY_MS);
    const id = await steps.start(newAppids(1));
    await steps.turn((turn) => {
      const stops = turn.stops.bind(turn);
      turn.stops = async () => {
        const read = await stops();
        await liftStops(pool, BY, [COMMIT]);
        return read;
      };
    });
    expect((await steps.rollout(id)).holds).toMatchObject([{ cause: 'CAUSE_API_STOPPED' }]);
    await steps.turns();
    expect(await statesOf(id)).toEqual(['RUNNING']);
  });

  it('A new end of a stop is the new end of the holds', async () => {
    await stop(DAY_MS);
    const id = await steps.start(newAppids(1));
    await steps.turns();
    const [{ until } = { until: new Date() }] = await stop(60_000);
    await steps.turns();
    expect((await steps.rollout(id)).holds).toMatchObject([{ until: until.toISOString() }]);
  });
});

describe('RollbackRollout', () => {
  it('A request_id that another call is just using is refused as used, or repeated, once that has committed', async () => {
    const first = await steps.start(newAppids(1));
    const rollback = { requestId: randomUUID(), requestHash: Buffer.from('a'), step: 6, specOf: () => ({}) };
    const actor = { by: BY.by, reason: '' };
    const client = await pool.connect();
    try {
      await client.query('begin');
      await client.query(
        `insert into rollouts (id, caller, request_id, request_hash, spec, state, last_turn_at, created_at, updated_at)
         values ($1, $2, $3, 'b', '{}', 'DRAFT', now(), now(), now())`,
        [randomUUID(), BY.by.caller, rollback.requestId],
      );
      const created = scratch.gateway.rollouts.rollBack(first, rollback, actor);
      await eventually(async () => (await scratch.sql('select from pg_locks where not granted')).length > 0);
      await client.query('commit');
      expect(await created).toMatchObject({ kind: 'reused' });
    } finally {
      client.release();
    }
  });
});

describe('the audit quota', () => {
  it('An audit that was submitted after the quota was asked for counts, also if a turn has seen it before the answer', async () => {
    const [appid = '', asked = ''] = newAppids(2);
    const id = await steps.start([appid], FROM_CHECK);
    await steps.turns();
    const query = newOperation({ appid: asked, method: 'GetAuditQuota', isChange: false });
    await scratch.worker.limits.lookAtQuota('', (quota) => quota.ask(query));
    const claim = await scratch.worker.operations.claim({ id: query.id, leaseMs: 60_000, key: randomUUID() });
    await steps.succeed(id, '');
    await steps.turns();
    expect((await steps.rollout(id)).submissions).toBe(1);
    await scratch.worker.operations.settle(
      settlement(claimed(claim), 'SUCCEEDED', { result: JSON.stringify({ rest: 10, limit: 10 }) }),
    );
    await scratch.worker.limits.lookAtQuota('', async (quota) => {
      if (quota.state.answer !== null) await quota.observe(quota.state.answer);
    });
    expect(await scratch.sql('select rest, submitted_since from audit_quota')).toEqual([
      { rest: 10, submitted_since: 1 },
    ]);
  });

  it.each(['before', 'after'])(
    'An audit counts although the clock of its worker is behind, if a turn sees it %s the answer',
    async (order) => {
      const [appid = '', asked = ''] = newAppids(2);
      const id = await steps.start([appid], FROM_CHECK);
      await steps.turns();
      const query = newOperation({ appid: asked, method: 'GetAuditQuota', isChange: false });
      await scratch.worker.limits.lookAtQuota('', (quota) => quota.ask(query));
      const claim = await scratch.worker.operations.claim({
        ...{ id: query.id, leaseMs: 60_000, key: randomUUID() },
      });
      const behind = new Date(Date.now() - 120_000);
      const auditEffect = { kind: 'opened', auditId: '7', submittedAt: behind } as const;
      await steps.succeed(id, '', { endedAt: behind, auditEffect });
      if (order === 'before') await steps.turns();
      await scratch.worker.operations.settle(
        settlement(claimed(claim), 'SUCCEEDED', { result: JSON.stringify({ rest: 10, limit: 10 }) }),
      );
      await scratch.worker.limits.lookAtQuota('', async (quota) => {
        if (quota.state.answer !== null) await quota.observe(quota.state.answer);
      });
      await steps.turns();
      expect(await scratch.sql('select rest, submitted_since from audit_quota')).toEqual([
        { rest: 10, submitted_since: 1 },
      ]);
    },
  );

  it('A reserve holds nothing while the quota is known, also if the first step has nothing to do', async () => {
    await scratch.sql(`update audit_quota set rest = 100, "limit" = 100, observed_at = now()`);
    const id = await steps.start(newAppids(1), { ...FROM_CHECK, auditBudget: { reserve: 5 } });
    await steps.turns();
    expect(await steps.open(id)).toMatchObject([{ method: 'SubmitAudit' }]);
    expect(await typesOf(id)).not.toContain('HELD');
  });
});

describe('batch commands', () => {
  it('A cancellation ends a retry that has not begun: targets that failed stay so', async () => {
    const [a = '', b = ''] = newAppids(2);
    const id = await steps.start([a, b]);
    await steps.turns();
    const [first] = await steps.open(id);
    await steps.settle(first?.id ?? '', 'FAILED', refusalOf(85051));
    await steps.turns();
    await steps.retry(id);
    await steps.cancel(id);
    await steps.succeed(id, '');
    await steps.turns();
    expect(await statesOf(id)).toEqual(['FAILED', 'CANCELLED']);
    expect((await steps.rollout(id)).state).toBe('CANCELLED');
  });

  it('A filter by reason does not select targets that keep an error for a later move', async () => {
    const [appid = ''] = newAppids(1);
    const id = await steps.start([appid], { firstStep: RolloutStep.ROLLOUT_STEP_RELEASE });
    await steps.turn();
    const [release] = await steps.open(id);
    await steps.pause(id);
    await steps.settle(release?.id ?? '', 'FAILED', refusalOf(85052));
    await steps.turn();
    const skipped = { type: 'SKIPPED', isCommand: true, args: { filter: { errcode: 85052 } } } as const;
    await steps.change(id, () => ({ set: {}, entries: [skipped] }));
    await steps.turn();
    expect(await steps.targets(id)).toMatchObject([{ step: 7, state: 'PENDING', errcode: null }]);
  });

  it('A target whose idempotency key is taken has the operation that took it, so that a rollback has the target', async () => {
    const [appid = ''] = newAppids(1);
    const id = await steps.start([appid]);
    await steps.turns();
    const taken = newOperation({ appid, requestId: `rollout-${id}-submit-1`, rolloutId: null });
    await scratch.gateway.operations.accept(taken);
    await steps.succeed(id, '');
    await steps.turns();
    expect(await steps.targets(id)).toMatchObject([
      { state: 'FAILED', reason: 'REQUEST_ID_TAKEN', operation_id: taken.id },
    ]);
  });
});
