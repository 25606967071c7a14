import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RolloutAudit_OnOpenAudit, RolloutStep } from '@wxa/contracts';
import { ROOMS } from '@wxa/methods';
import { ROLLOUTS_CHANNEL, Store } from '@wxa/store';
import { eventually } from '../eventually.js';
import { newAppids, specOf } from '../rollouts/rollout-steps.js';
import { AuditSteps, auditDecision } from '../store/audit-steps.js';
import { event, newOperation, type ScratchStore, scratchStore } from '../store/scratch-store.js';
import { refusalOf, TurnSteps } from './turn-steps.js';

let scratch: ScratchStore;
let steps: TurnSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new TurnSteps(scratch);
});
afterAll(() => scratch?.close());
beforeEach(async () => {
  await scratch.sql(`update rollouts set state = 'COMPLETED' where state not in ('DRAFT', 'CANCELLED')`);
  await scratch.sql('delete from api_limits');
});

const COMMIT_ONLY = { lastStep: RolloutStep.ROLLOUT_STEP_COMMIT };
const ALL_FAILED = { states: ['ROLLOUT_TARGET_STATE_FAILED'] };
const statesOf = async (id: string) => (await steps.targets(id)).map(({ state }) => state);
const journal = (id: string) =>
  scratch.sql<{ type: string; done: boolean; moved: number }>(
    'select type, done, moved from rollout_changes where rollout_id = $1 order by seq',
    [id],
  );
/** An operation under the idempotency key of the first commit of a target. */
const earlier = (id: string, appid: string, rolloutId: string | null) =>
  scratch.gateway.operations.accept(newOperation({ appid, requestId: `rollout-${id}-commit-1`, rolloutId }));

describe('poll', () => {
  it('A poll that finds no due rollout is one statement', async () => {
    await steps.turns();
    const names: (string | undefined)[] = [];
    const observer = {
      statement: (name: string | undefined) => names.push(name),
      notConnected: () => undefined,
      batch: () => undefined,
    };
    const toEvent = (appid: string) => event(appid, 'none');
    const store = await Store.open({ url: scratch.url, observer }, { writer: 'release-worker', toEvent });
    names.length = 0;
    for (let n = 0; n < 10; n += 1)
      expect((await store.rollouts.turn([], () => Promise.reject())).id).toBeUndefined();
    await store.close();
    expect(names.filter((name) => name === 'due-rollouts')).toHaveLength(10);
    // Besides, the store probes the server.
    expect(names.length).toBeLessThan(15);
  });
});

describe('due', () => {
  it('A rollout with a wake-up is due 100 ms after its last turn, and one whose time has come at once', async () => {
    const id = await steps.start(newAppids(1));
    const isDue = async (lastTurn: string, nextTurn: string) => {
      await scratch.sql('insert into rollout_wakeups (rollout_id, appid) values ($1, $2)', [id, '']);
      await scratch.sql(
        `update rollouts set last_turn_at = clock_timestamp() - $2::interval,
           next_turn_at = clock_timestamp() + $3::interval where id = $1`,
        [id, lastTurn, nextTurn],
      );
      return (await scratch.worker.rollouts.turn([], async () => undefined)).id === id;
    };
    // The clock of the turn is later than that of the update.
    expect(await isDue('-1 hour', '1 hour')).toBe(false);
    expect(await isDue('100 ms', '1 hour')).toBe(true);
    expect(await isDue('-1 hour', '0 s')).toBe(true);
  });
});

describe('start', () => {
  it('A rollout that becomes live is announced, also after it had ended', async () => {
    let announced = 0;
    const unlisten = scratch.worker.leases.listen(ROLLOUTS_CHANNEL, () => {
      announced += 1;
    });
    try {
      const listening = `select from pg_stat_activity where datname = current_database() and query like 'listen%'`;
      await eventually(async () => (await scratch.sql(listening)).length > 0);
      const id = await steps.start(newAppids(1));
      await eventually(() => announced === 1);
      await scratch.sql(`update rollouts set state = 'COMPLETED' where id = $1`, [id]);
      await steps.retry(id);
      await eventually(() => announced === 2);
    } finally {
      unlisten();
    }
  });
});

describe('turn', () => {
  it('Turns process all batch commands that wait, also those behind the first', async () => {
    const [a = '', b = ''] = newAppids(2);
    const id = await steps.start([a, b]);
    await steps.turns();
    for (const { id: operation } of await steps.open(id))
      await steps.settle(operation, 'FAILED', refusalOf(85051));
    await steps.turns();
    expect((await steps.rollout(id)).state).toBe('COMPLETED');
    await steps.retry(id, { appids: [a] });
    await steps.skip(id, [b]);
    await steps.retry(id, { appids: [b] });
    await steps.turns();
    expect(await statesOf(id)).toEqual(['RUNNING', 'RUNNING']);
    expect((await journal(id)).filter(({ done }) => !done)).toEqual([]);
  });

  it('A rollout does not end while a command waits that brings targets back', async () => {
    const [a = '', b = ''] = newAppids(2);
    const id = await steps.start([a, b], { maxInFlight: 1 });
    await steps.turns();
    const [operation] = await steps.open(id);
    await steps.settle(operation?.id ?? '', 'FAILED', refusalOf(85051));
    await steps.skip(id, [b]);
    await steps.retry(id, ALL_FAILED);
    await steps.turns();
    expect(await statesOf(id)).toEqual(['RUNNING', 'SKIPPED']);
    expect((await steps.rollout(id)).state).toBe('RUNNING');
  });

  it('Every end of a target is published, also two of one turn', async () => {
    const [a = ''] = newAppids(1);
    const id = await steps.start([a]);
    await steps.turns();
    await steps.clock(120_000);
    await steps.turns();
    const [operation] = await steps.open(id);
    await steps.settle(operation?.id ?? '', 'FAILED', refusalOf(85051));
    await steps.skip(id, [a]);
    await steps.turns();
    expect(await statesOf(id)).toEqual(['SKIPPED']);
    const ends = await scratch.sql<{ id: string }>(
      `select event_id as id from outbox where appid = $1 and type like '%RolloutTargetCompleted' order by id`,
      [id],
    );
    expect(ends.map((end) => end.id)).toEqual([`${id}.${a}.1`, `${id}.${a}.2`]);
  });

  it('A turn adopts the operation of each mini-program that a restored database has', async () => {
    const appids = newAppids(3);
    const id = await steps.start(appids);
    for (const appid of appids) await earlier(id, appid, id);
    await steps.turns();
    const targets = await steps.targets<{ appid: string; operation_id: string }>(id);
    const open = await steps.open(id);
    expect(targets.map((target) => [target.appid, target.operation_id]).toSorted()).toEqual(
      open.map((operation) => [operation.appid, operation.id]).toSorted(),
    );
  });

  it('Targets whose idempotency key is taken fail, count for stop rules and leave their slots to others', async () => {
    const [a = '', b = ''] = newAppids(2);
    const id = await steps.start([a, b], { maxInFlight: 1 });
    await earlier(id, a, null);
    await steps.turns();
    expect(await statesOf(id)).toEqual(['FAILED', 'RUNNING']);
    const [{ tally } = { tally: {} }] = await scratch.sql<{ tally: object }>(
      'select tally from rollouts where id = $1',
      [id],
    );
    expect(tally).toMatchObject({ COMMIT: { passed: 0, failed: 1 } });
  });

  it('A rollout is due again when the stop of an API that holds a step ends', async () => {
    const [a = ''] = newAppids(1);
    await scratch.sql(
      `insert into api_limits (api, stopped_at, stopped_until, stop_source)
       values ($1, now(), now() + interval '1 hour', 'operator')`,
      [ROOMS.Commit.api],
    );
    const id = await steps.start([a]);
    await steps.turns();
    expect((await steps.rollout(id)).holds).toMatchObject([{ cause: 'CAUSE_API_STOPPED' }]);
    await steps.clock(3_600_000);
    await scratch.sql('delete from api_limits');
    await steps.turns();
    expect(await statesOf(id)).toEqual(['RUNNING']);
  });

  it('A reserve holds submissions while the quota cannot be read, but not if no mini-program is authorized', async () => {
    const appids = newAppids(2);
    await scratch.sql(
      `insert into authorizers (appid, state) select appid, 'AUTHORIZED' from unnest($1::text[]) appid`,
      [appids],
    );
    const id = await steps.start(appids, { auditBudget: { reserve: 5 } });
    const turns = () => steps.turns({ checksAuthorization: true });
    await turns();
    await steps.succeed(id, '1');
    await scratch.worker.limits.addQuota('');
    const query = newOperation({ appid: appids[0] ?? '', isChange: false });
    await scratch.worker.limits.lookAtQuota('', (quota) => quota.ask(query));
    await steps.settle(query.id, 'FAILED', refusalOf(48001));
    await turns();
    expect((await steps.rollout(id)).holds).toMatchObject([
      { cause: 'CAUSE_AUDIT_BUDGET', targets: 2, detail: expect.stringContaining('48001') },
    ]);
    await scratch.sql(`update authorizers set state = 'UNAUTHORIZED'`);
    await steps.clock(60_000);
    await turns();
    expect((await steps.open(id)).map(({ method }) => method)).toEqual(['SubmitAudit', 'SubmitAudit']);
  });

  it('A turn finds operations that ended without a wake-up, as workers of 0.2.0 end them', async () => {
    const [a = ''] = newAppids(1);
    const id = await steps.start([a], COMMIT_ONLY);
    await steps.turns();
    const [operation] = await steps.open(id);
    await steps.settle(operation?.id ?? '', 'SUCCEEDED');
    await scratch.sql('delete from rollout_wakeups');
    await steps.turns();
    expect(await statesOf(id)).toEqual(['RUNNING']);
    await steps.clock(120_000);
    await steps.turns();
    expect(await statesOf(id)).toEqual(['SUCCEEDED']);
  });

  it('A worker whose clock is ahead delays no step', async () => {
    const [a = ''] = newAppids(1);
    const id = await steps.start([a]);
    await steps.turns();
    await steps.succeed(id, '', { endedAt: new Date(Date.now() + 3_600_000) });
    await steps.turns();
    expect(await steps.open(id)).toMatchObject([{ method: 'SubmitAudit' }]);
  });

  it('Of two rollouts with one mini-program, the later waits, and continues when the first is done with it', async () => {
    const [a = ''] = newAppids(1);
    const first = await steps.start([a], COMMIT_ONLY);
    const second = await steps.start([a]);
    await steps.turns();
    expect(await steps.targets(second)).toMatchObject([{ state: 'WAITING', waits_for: 'OTHER_ROLLOUT' }]);
    await steps.succeed(first, '');
    await steps.turns();
    expect([await statesOf(first), await statesOf(second)]).toEqual([['SUCCEEDED'], ['RUNNING']]);
  });

  it('A target that began to wait while the other rollout released its mini-program looks again within 5 s', async () => {
    const [a = ''] = newAppids(1);
    const first = await steps.start([a], COMMIT_ONLY);
    await steps.turns();
    const second = await steps.start([a]);
    await steps.turn((turn) => {
      const pending = turn.pending.bind(turn);
      turn.pending = async (which) => {
        const read = await pending(which);
        await steps.succeed(first, '');
        expect(await steps.turn()).toBe(first);
        return read;
      };
    });
    expect(await steps.targets(second)).toMatchObject([{ state: 'WAITING', waits_for: 'OTHER_ROLLOUT' }]);
    await steps.clock(5_000);
    await steps.turns();
    expect(await statesOf(second)).toEqual(['RUNNING']);
  });

  it('A target whose wait for an open audit begins while that audit ends is submitted by the next turn', async () => {
    const [appid = ''] = newAppids(1);
    const submit = newOperation({ appid, method: 'SubmitAudit' });
    await scratch.gateway.operations.accept(submit);
    const auditEffect = { kind: 'opened' as const, auditId: '1', submittedAt: new Date() };
    await steps.settle(submit.id, 'SUCCEEDED', { auditEffect });
    const id = await steps.start([appid], {
      firstStep: RolloutStep.ROLLOUT_STEP_CHECK,
      audit: { ...specOf().audit, onOpenAudit: RolloutAudit_OnOpenAudit.ON_OPEN_AUDIT_WAIT },
    });
    await steps.turns();
    const [refused] = await steps.open(id);
    await steps.settle(refused?.id ?? '', 'FAILED', refusalOf(85009));
    const audits = new AuditSteps(scratch);
    await steps.turn(() => audits.poll(appid, '1', auditDecision('APPROVED', 'POLL', Date.now())));
    expect(await steps.targets(id)).toMatchObject([{ state: 'WAITING', waits_for: 'OPEN_AUDIT' }]);
    await steps.turns();
    expect(await steps.open(id)).toMatchObject([{ requestId: `rollout-${id}-submit-2` }]);
  });
});
