import { beforeEach, describe, expect, it } from '@jest/globals';
import type { DueAudit } from '@wxa/audits';
import { accept, claim, claimed, settle } from './operation-steps.js';
import { gateway, sql, useStore, value, worker } from './use-store.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SCHEDULE = { afterMs: HOUR_MS, intervalMs: 10 * MINUTE_MS, limit: 100 };
const appid = 'wx00000000000000f1';

useStore();
beforeEach(() => sql('truncate audits, operations'));

const take = (given = {}, store = worker) => store.audits.takeDue({ ...SCHEDULE, ...given });
const idsOf = (audits: DueAudit[]) => audits.map(({ auditId }) => Number(auditId)).toSorted((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

/** Inserts open audits 1 to `count`, oldest first; the last was submitted two hours ago. */
const submitted = (count: number) =>
  sql(
    `insert into audits (operation_id, appid, audit_id, user_version, submitted_at)
     select gen_random_uuid(), $2, n, '', now() - interval '2 hours' - ($1 - n) * interval '1 second'
     from generate_series(1, $1::int) n`,
    ...[count, appid],
  );

/** Lets time pass. */
const later = (ms: number) =>
  sql(
    `update audits set submitted_at = submitted_at - $1 * interval '1 millisecond',
       next_poll_at = next_poll_at - $1 * interval '1 millisecond'`,
    ms,
  );

/** Accepts the poll of an audit. The request id contains the time from its row. */
async function acceptPoll({ auditId }: Pick<DueAudit, 'auditId'>): Promise<string> {
  const at = await value(
    'select floor(extract(epoch from next_poll_at) * 1000)::text from audits where audit_id = $1',
    auditId,
  );
  const requestId = `audit-poll-${auditId}-${at}`;
  return accept({ appid, requestId, isChange: false, method: 'GetAuditStatus' });
}

/** Lets time pass until the audit is due again, with its poll ended. */
async function endPoll(due: DueAudit, state: 'SUCCEEDED' | 'FAILED', ms: number): Promise<void> {
  await later(ms);
  const id = await acceptPoll(due);
  await sql('update operations set state = $2, ended_at = now() where id = $1', id, state);
}

describe('takeDueAudits', () => {
  it('takeDueAudits returns all of 300 open audits in turn, even if the first are due again before the last are taken', async () => {
    await submitted(300);
    const passes: number[][] = [];
    for (let pass = 0; pass < 6; pass += 1) {
      passes.push(idsOf(await take()));
      await later(12 * MINUTE_MS);
    }
    const sorted = (ids: number[]) => ids.toSorted((a, b) => a - b);
    expect(sorted(passes.slice(0, 3).flat())).toEqual(upTo(300));
    expect(sorted(passes.slice(3).flat())).toEqual(upTo(300));
  });

  it('takeDueAudits gives each due audit to one of two concurrent workers', async () => {
    await submitted(150);
    const taken = await Promise.all([take(), take({}, gateway)]);
    expect(idsOf([...taken.flat(), ...(await take())])).toEqual(upTo(150));
  });

  it('takeDueAudits returns no audit before its time, at most as many as requested, and none while its poll is unfinished', async () => {
    await submitted(3);
    expect(await take({ afterMs: 3 * HOUR_MS })).toEqual([]);
    const taken = [await take({ limit: 2 }), await take({ limit: 2 }), await take()];
    expect(taken.map(({ length }) => length)).toEqual([2, 1, 0]);
    await later(12 * MINUTE_MS);
    // WeChat is unavailable, and the poll does not end.
    const poll = await acceptPoll({ auditId: '1' });
    expect(idsOf(await take())).toEqual([2, 3]);
    await settle(claimed(await claim(poll)), 'SUCCEEDED');
    expect(idsOf(await take())).toEqual([1]);
  });
});

describe('an audit whose reads fail', () => {
  it('An audit whose reads fail is polled with exponential back-off and not after 30 failures in a row', async () => {
    await submitted(1);
    const waits: number[] = [];
    for (let [due] = await take(); due !== undefined; [due] = await take()) {
      const ms = await value<number>(
        'select extract(epoch from next_poll_at - now())::float8 * 1000 from audits',
      );
      waits.push((ms ?? Number.NaN) / MINUTE_MS);
      expect(waits.length).toBeLessThanOrEqual(30);
      expect(await take()).toEqual([]);
      await endPoll(due, 'FAILED', ms ?? 0);
    }
    expect(waits).toHaveLength(30);
    for (const [i, expected] of [10, 20, 40, 80, 160, 320, 640, 720, 720].entries()) {
      expect(waits[i]).toBeGreaterThan(expected * 0.99);
      expect(waits[i]).toBeLessThan(expected * 1.11);
    }
    await later(30 * 24 * HOUR_MS);
    expect(await take()).toEqual([]);
  });

  it('An audit whose reads fail is polled at most 30 times even if its operations are deleted before the next poll', async () => {
    await submitted(1);
    let polls = 0;
    for (let [due] = await take(); due !== undefined; [due] = await take()) {
      polls += 1;
      expect(polls).toBeLessThanOrEqual(30);
      await endPoll(due, 'FAILED', 24 * HOUR_MS);
      // The first failure must be counted.
      if (polls > 1) await sql('delete from operations');
    }
    expect(polls).toBe(30);
  });

  it('A successful poll ends the back-off', async () => {
    await submitted(1);
    for (const state of ['FAILED', 'FAILED', 'FAILED', 'SUCCEEDED'] as const) {
      const [due] = await take();
      if (due === undefined) throw new Error('not due');
      await endPoll(due, state, 24 * HOUR_MS);
    }
    expect(await take()).toHaveLength(1);
    await later(12 * MINUTE_MS);
    expect(await take()).toHaveLength(1);
  });
});
