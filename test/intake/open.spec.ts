import { beforeEach, describe, expect, it } from '@jest/globals';
import { RolloutStep } from '@wxa/contracts';
import { sql, useStore, value } from '../store/use-store.js';
import { FROM_CHECK, steps } from '../turns/turn-steps.js';
import { candidatesOf, forgetAll, journalOf, newcomers, published, takingIn } from './intake-steps.js';

useStore();
beforeEach(forgetAll);

describe('close', () => {
  it('An open rollout stays RUNNING when all its targets have ended, and is COMPLETED with the last one after its close', async () => {
    const id = await steps.begin([], takingIn());
    await newcomers(1);
    await steps.turns();
    await steps.succeed(id);
    await steps.turns();
    expect((await steps.rollout(id)).state).toBe('RUNNING');
    await newcomers(1);
    await steps.close(id);
    await steps.turns();
    expect(await steps.states(id)).toEqual(['SUCCEEDED', 'RUNNING']);
    await newcomers(1);
    await steps.succeed(id);
    await steps.turns();
    expect(await steps.rollout(id)).toMatchObject({ state: 'COMPLETED', open: false, targets: 2 });
    expect(await journalOf(id)).toEqual(['CLOSED REQUESTED', 'WAVE_COMPLETED', 'COMPLETED']);
    expect(await candidatesOf(id)).toEqual([]);
  });

  it('RetryRollout of a rollout that was closed does not open it again', async () => {
    const id = await steps.begin([], takingIn());
    await newcomers(1);
    await steps.turns();
    await steps.fail(id, 85051);
    await steps.close(id);
    await steps.turns();
    await steps.retry(id);
    await newcomers(1);
    await steps.turns();
    expect(await steps.rollout(id)).toMatchObject({ state: 'RUNNING', open: false, targets: 1 });
  });

  it('A rollout closes at its end_time and at 100,000 targets, and says so once', async () => {
    const ends = await steps.begin([], takingIn({ endTime: new Date(Date.now() + 3_600_000) }));
    expect((await steps.rollout(ends)).open).toBe(true);
    const full = await steps.begin([], takingIn());
    await sql(
      `update rollouts set spec = jsonb_set(spec::jsonb, '{continuous,endTime}', to_jsonb(now()))::json, next_turn_at = now() where id = $1`,
      ends,
    );
    await sql('update rollouts set targets = 99999, next_turn_at = now() where id = $1', full);
    await newcomers(2);
    await steps.turns();
    expect(await journalOf(ends)).toEqual(['CLOSED END_TIME', 'COMPLETED']);
    expect(await journalOf(full)).toEqual(['CLOSED TARGET_LIMIT']);
    expect(await steps.rollout(full)).toMatchObject({ targets: 100_000, open: false });
    const causes = [await published(ends, 'Closed'), await published(full, 'Closed')];
    expect(causes).toMatchObject([
      [{ cause: 'ROLLOUT_CLOSE_CAUSE_END_TIME' }],
      [{ cause: 'ROLLOUT_CLOSE_CAUSE_TARGET_LIMIT' }],
    ]);
  });

  it('The next turn of an idle open rollout is the one of its next look for newcomers', async () => {
    const id = await steps.begin([], takingIn());
    const wait = `extract(epoch from next_turn_at - intake_checked_at)::int`;
    expect(await value(`select ${wait} from rollouts where id = $1`, id)).toBe(3_600);
  });
});

describe('day of China', () => {
  const yesterday = (id: string) =>
    sql('update rollouts set tally_day = tally_day - 1, next_turn_at = now() where id = $1', id);
  const tally = (id: string) => value<object>('select tally from rollouts where id = $1', id);

  it('Stop rules of an open rollout count from zero each day, and after its close they count on', async () => {
    const id = await steps.begin([], takingIn());
    await newcomers(1);
    await steps.turns();
    await steps.fail(id, 85051);
    await steps.turns();
    const failed = { COMMIT: { passed: 0, failed: 1, inDoubtBefore: 0 } };
    expect(await tally(id)).toEqual(failed);
    await yesterday(id);
    await steps.turns();
    expect(await tally(id)).toEqual({});
    await newcomers(1);
    await steps.turns();
    await newcomers(1);
    await steps.fail(id, 85051);
    await steps.close(id);
    await steps.turns();
    await yesterday(id);
    await steps.turns();
    expect(await tally(id)).toEqual(failed);
  });

  it('max_submissions_per_day holds further submissions until the day ends, and the next day submits again', async () => {
    const given = { ...FROM_CHECK, lastStep: RolloutStep.ROLLOUT_STEP_VERIFY };
    const id = await steps.begin([], takingIn({ maxSubmissionsPerDay: 1 }, given));
    await newcomers(2);
    await steps.turns();
    const count = `select count(*)::int from operations where rollout_id = $1 and method = 'SubmitAudit'`;
    const submitted = () => value<number>(count, id);
    expect(await submitted()).toBe(1);
    await steps.succeed(id);
    await steps.turns();
    expect(await submitted()).toBe(1);
    const [hold] = (await steps.rollout(id)).holds as { cause: string; until: string; detail: string }[];
    expect(hold).toMatchObject({
      cause: 'CAUSE_AUDIT_BUDGET',
      detail: 'audits submitted today or in flight 1, max_submissions_per_day 1',
    });
    expect(new Date(hold?.until ?? 0).toISOString()).toMatch(/T16:00:00.000Z$/);
    expect(await value('select next_turn_at <= $2 from rollouts where id = $1', id, hold?.until)).toBe(true);
    await yesterday(id);
    await steps.turns();
    expect(await submitted()).toBe(2);
  });
});
