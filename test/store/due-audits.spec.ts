import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { DueAudit } from '@wxa/store';
import { newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SCHEDULE = { afterMs: HOUR_MS, intervalMs: 10 * MINUTE_MS, limit: 100 };
const appid = 'wx00000000000000f1';

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
});
beforeEach(() => scratch.sql('truncate audits, operations'));
afterAll(() => scratch?.close());

const take = () => scratch.worker.audits.takeDue(SCHEDULE);
const idsOf = (audits: DueAudit[]) => audits.map(({ auditId }) => Number(auditId)).toSorted((a, b) => a - b);

/** Inserts open audits 1 to `count`, oldest first; the last was submitted two hours ago. */
const submitted = (count: number) =>
  scratch.sql(
    `insert into audits (operation_id, appid, audit_id, user_version, submitted_at)
     select gen_random_uuid(), $2, n, '', now() - interval '2 hours' - ($1 - n) * interval '1 second'
     from generate_series(1, $1::int) n`,
    [count, appid],
  );

/** Lets time pass. */
const later = (ms: number) =>
  scratch.sql(
    `update audits set submitted_at = submitted_at - $1 * interval '1 millisecond',
       next_poll_at = next_poll_at - $1 * interval '1 millisecond'`,
    [ms],
  );

/** Lets time pass until the audit is due again, with its poll ended. The request id contains the time from its row. */
async function endPoll({ auditId }: DueAudit, state: 'SUCCEEDED' | 'FAILED', ms: number): Promise<void> {
  await later(ms);
  const [row] = await scratch.sql<{ at: string }>(
    'select floor(extract(epoch from next_poll_at) * 1000)::text as at from audits where audit_id = $1',
    [auditId],
  );
  const requestId = `audit-poll-${auditId}-${row?.at}`;
  const operation = newOperation({ appid, requestId, isChange: false, method: 'GetAuditStatus' });
  await scratch.gateway.operations.accept(operation);
  await scratch.sql('update operations set state = $2, ended_at = now() where id = $1', [
    operation.id,
    state,
  ]);
}

it('takeDueAudits returns all of 300 open audits in turn, even if the first are due again before the last are taken', async () => {
  await submitted(300);
  const passes: number[][] = [];
  for (let pass = 0; pass < 6; pass += 1) {
    passes.push(idsOf(await take()));
    await later(12 * MINUTE_MS);
  }
  const all = Array.from({ length: 300 }, (_, i) => i + 1);
  const sorted = (ids: number[]) => ids.toSorted((a, b) => a - b);
  expect(sorted(passes.slice(0, 3).flat())).toEqual(all);
  expect(sorted(passes.slice(3).flat())).toEqual(all);
});

it('takeDueAudits gives each due audit to one of two concurrent workers', async () => {
  await submitted(150);
  const taken = await Promise.all([take(), scratch.gateway.audits.takeDue(SCHEDULE)]);
  const rest = await take();
  expect(idsOf([...taken.flat(), ...rest])).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
});

it('An audit whose reads fail is polled with exponential back-off and not after 30 failures in a row', async () => {
  await submitted(1);
  const waitsMs: number[] = [];
  for (let [due] = await take(); due !== undefined; [due] = await take()) {
    const [row] = await scratch.sql<{ ms: number }>(
      'select extract(epoch from next_poll_at - now())::float8 * 1000 as ms from audits',
    );
    waitsMs.push(row?.ms ?? Number.NaN);
    expect(waitsMs.length).toBeLessThanOrEqual(30);
    expect(await take()).toEqual([]);
    await endPoll(due, 'FAILED', row?.ms ?? 0);
  }
  expect(waitsMs).toHaveLength(30);
  const minutes = waitsMs.map((ms) => ms / MINUTE_MS);
  const expected = [10, 20, 40, 80, 160, 320, 640, 720, 720].entries();
  for (const [i, wait] of expected) {
    expect(minutes[i]).toBeGreaterThan(wait * 0.99);
    expect(minutes[i]).toBeLessThan(wait * 1.11);
  }
  await later(30 * 24 * HOUR_MS);
  expect(await take()).toEqual([]);
});

it('An audit whose reads fail is polled at most 30 times even if their operations are deleted before the next poll', async () => {
  await submitted(1);
  let polls = 0;
  for (let [due] = await take(); due !== undefined; [due] = await take()) {
    polls += 1;
    expect(polls).toBeLessThanOrEqual(30);
    await endPoll(due, 'FAILED', 24 * HOUR_MS);
    // The first failure must be counted.
    if (polls > 1) await scratch.sql('delete from operations');
  }
  expect(polls).toBe(30);
});

it('A successful poll of an audit ends the back-off after failures', async () => {
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

it('An audit that is no longer polled is deleted after the retention time of changes', async () => {
  await submitted(2);
  await scratch.sql(`update audits set next_poll_at = 'infinity' where audit_id = 1`);
  const retention = {
    queriesMs: HOUR_MS,
    changesMs: HOUR_MS,
    trailMs: 400 * 24 * HOUR_MS,
    rolloutsMs: 400 * 24 * HOUR_MS,
  };
  expect(await scratch.worker.deleteOld('audits', { ...retention, changesMs: 3 * HOUR_MS })).toBe(0);
  expect(await scratch.worker.deleteOld('audits', retention)).toBe(1);
  expect(await scratch.sql('select audit_id as id from audits')).toEqual([{ id: '2' }]);
});
