import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { applyPublishedAudits } from '@wxa/restore';
import { auditDecision, audits, type End, HOUR_MS, opened, push } from './audit-steps.js';
import { accept, resolve } from './operation-steps.js';
import { gateway, newAppid, pool, sql, useStore, worker } from './use-store.js';

useStore();

const T = Math.floor(Date.now() / 1000) * 1000 - 10 * HOUR_MS;

describe('recordPush', () => {
  it('A callback is deferred while a SubmitAudit may have opened its audit, and only then', async () => {
    const appid = newAppid();
    const first = await audits.submitted(appid, '1', T);
    const second = await audits.begin(appid, 'SubmitAudit', T + HOUR_MS);
    expect(await push(gateway, appid, 'REJECTED', T + HOUR_MS + 60_000)).toBe('deferred');
    expect(await push(gateway, appid, 'APPROVED', T + 60_000)).toBe('matched');
    await audits.settle(second, { state: 'IN_DOUBT', mayHaveActed: true });
    expect(await push(worker, appid, 'DELAYED', T + HOUR_MS + 30_000)).toBe('deferred');
    await resolve(second.id, 'SUCCEEDED', { auditEffect: opened('2', T + HOUR_MS) });
    expect(await audits.published(appid)).toEqual(
      [
        [`${first}.audit-completed`, 'APPROVED'],
        [`${second.id}.audit-delayed`, 'DELAYED'],
        [`${second.id}.audit-completed`, 'REJECTED'],
      ].toSorted(),
    );
  });

  it('A callback is deferred no longer than the attempt that it may belong to', async () => {
    const appid = newAppid();
    const refused = await audits.begin(appid, 'SubmitAudit', T);
    expect(await push(gateway, appid, 'APPROVED', T)).toBe('deferred');
    await audits.settle(refused, { state: 'RETRYING', auditEffect: { kind: 'not-opened' } });
    expect(await audits.published(appid)).toEqual([[`${appid}.push.${appid} APPROVED ${T}`, 'APPROVED']]);
    expect(await push(gateway, appid, 'APPROVED', T + 5_000)).toBe('unmatched');
  });

  it('One of several contradictory callbacks of the same second is matched at two gateways, and the others are duplicates', async () => {
    const appid = newAppid();
    const id = await audits.submitted(appid, '1', T);
    const outcomes = await Promise.all(
      [gateway, worker].flatMap((store) =>
        (['APPROVED', 'REJECTED', 'APPROVED'] as const).map((end) => push(store, appid, end, T + 60_000)),
      ),
    );
    expect(outcomes.toSorted()).toEqual([...Array(5).fill('duplicate'), 'matched']);
    expect((await audits.published(appid)).map(([event]) => event)).toEqual([`${id}.audit-completed`]);
  });
});

it('An audit that the snapshot of the next SubmitAudit shows ended is completed first, and callbacks match their own audit', async () => {
  const appid = newAppid();
  const first = await audits.submitted(appid, '1', T);
  const next = await audits.begin(appid, 'SubmitAudit', T + 1_700);
  const decision = auditDecision('REJECTED', 'POLL', T + 1_700);
  const audit = { kind: 'observed', auditId: '1', readAt: new Date(), decision } as const;
  for (let twice = 0; twice < 2; twice += 1)
    expect(
      await worker.operations.snapshot({ ...next, values: { auditId: '1' }, audit, leaseMs: 60_000 }),
    ).toBe(true);
  expect(await audits.published(appid)).toEqual([[`${first}.audit-completed`, 'REJECTED']]);
  await audits.settle(next, { auditEffect: opened('2', T + 1_900) });
  expect(await push(gateway, appid, 'APPROVED', T + 1_950)).toBe('matched');
  expect(await push(gateway, appid, 'REJECTED', T)).toBe('duplicate');
  expect(await audits.published(appid)).toEqual([
    [`${first}.audit-completed`, 'REJECTED'],
    [`${next.id}.audit-completed`, 'APPROVED'],
  ]);
});

describe('reason and screenshots of an audit', () => {
  const REJECTED = { state: 'REJECTED', reason: '1:标题', screenshots: ['a', 'b'] } as const;
  const DELAYED = { state: 'DELAYED', reason: '排队', screenshots: [] as string[] } as const;
  const STILL_OPEN = { ...DELAYED, state: 'OPEN' };
  const stored = (appid: string) =>
    sql('select state, reason, screenshots from audits where appid = $1', appid);

  it('Callbacks recorded together store the reason and the screenshots of each audit', async () => {
    const [one, two] = [newAppid(), newAppid()];
    await audits.submitted(one, '1', T);
    await audits.submitted(two, '2', T);
    const said = (appid: string, given: { state: End | 'DELAYED'; reason: string }) => {
      const decision = { ...auditDecision(given.state, 'CALLBACK', T + HOUR_MS), ...given };
      return gateway.audits.recordPush({ key: randomUUID(), appid, signature: null, decision });
    };
    await Promise.all([said(one, REJECTED), said(two, DELAYED)]);
    expect(await stored(one)).toEqual([REJECTED]);
    expect(await stored(two)).toEqual([STILL_OPEN]);
    await said(two, { state: 'APPROVED', reason: '' });
    expect(await stored(two)).toEqual([{ state: 'APPROVED', reason: '', screenshots: [] }]);
  });

  it('Audits restored from Kafka have the reason and the screenshots of their last event', async () => {
    const [one, two] = [newAppid(), newAppid()];
    const ended = await audits.submitted(one, '4', T);
    const delayed = await audits.submitted(two, '5', T);
    const event = {
      originalId: '',
      decidedAt: new Date(T + HOUR_MS),
      source: 'CALLBACK' as const,
      value: '{}',
    };
    const client = await pool.connect();
    await applyPublishedAudits(client, [
      { ...event, ...DELAYED, operationId: ended, appid: one },
      { ...event, ...REJECTED, screenshots: ['a', 'b'], operationId: ended, appid: one },
      { ...event, ...DELAYED, operationId: delayed, appid: two },
    ]).finally(() => client.release());
    expect(await stored(one)).toEqual([REJECTED]);
    expect(await stored(two)).toEqual([STILL_OPEN]);
  });

  it('A reason with U+0000, which Postgres cannot store, ends the audit without it', async () => {
    const appid = newAppid();
    await audits.submitted(appid, '3', T);
    const said = { reason: 'a\u0000b', screenshots: ['c\u0000'] };
    await audits.poll(appid, '3', { ...auditDecision('REJECTED', 'POLL', T + HOUR_MS), ...said });
    expect(await stored(appid)).toEqual([{ state: 'REJECTED', reason: 'ab', screenshots: ['c'] }]);
  });
});

it('UndoAudit completes our audit only if that is the one it withdrew', async () => {
  const [ours, elsewhere] = [newAppid(), newAppid()];
  const id = await audits.submitted(ours, '1', T);
  await audits.submitted(elsewhere, '1', T);
  await audits.undo(ours, T + 1_000, '1');
  await audits.undo(elsewhere, T + 1_000, '2');
  expect(await audits.published(ours)).toEqual([[`${id}.audit-completed`, 'WITHDRAWN']]);
  expect(await audits.published(elsewhere)).toEqual([]);
});

describe('version of an audit', () => {
  const IDS = { early: '01800000-0000-7000-8000-', late: '01f00000-0000-7000-8000-' };

  /** Accepts a Commit by a gateway whose clock is behind or ahead. */
  async function commit(appid: string, clock: keyof typeof IDS, userVersion: string, ext = {}) {
    const id = `${IDS[clock]}${randomUUID().slice(-12)}`;
    const templateId = userVersion.split('.').at(-1);
    const request = JSON.stringify({ appid, userVersion, templateId, ext });
    await audits.settle(await audits.claim(await accept({ id, appid, method: 'Commit', request })));
  }

  it('The version of an audit is that of the last Commit accepted before its SubmitAudit, whatever the gateways’ clocks show', async () => {
    const appid = newAppid();
    await commit(appid, 'early', '1.0');
    await commit(appid, 'late', '1.1');
    const submit = await audits.begin(appid, 'SubmitAudit');
    expect(await worker.audits.versionCommittedBefore(appid, submit.id)).toBe('1.1');
    await audits.settle(submit, { auditEffect: opened('7') });
    expect(await worker.audits.versionOf(appid, '7')).toBe('1.1');
    await commit(appid, 'early', '1.2');
    expect(await worker.audits.versionCommittedBefore(appid, submit.id)).toBe('1.1');
  });

  it('SubmitAudits settled together open each its audit with its own version and template, and the early callbacks of each are applied', async () => {
    const expected = Array.from({ length: 20 }, newAppid)
      .toSorted()
      .map((appid, i) => ({
        ...{ appid, id: `${i}`, version: `1.${i}`, template: `${i}` },
        state: i % 2 ? ('REJECTED' as const) : ('APPROVED' as const),
      }));
    for (const { appid, version } of expected) await commit(appid, 'early', version);
    const submits = await Promise.all(expected.map(({ appid }) => audits.begin(appid, 'SubmitAudit', T)));
    for (const { appid, state } of expected)
      expect(await push(gateway, appid, state, T + 60_000)).toBe('deferred');
    await Promise.all(submits.map((submit, i) => audits.settle(submit, { auditEffect: opened(`${i}`, T) })));
    const stored = await sql(
      `select appid, audit_id as id, user_version as version, template_id as template, state from audits
       where appid = any($1) order by appid`,
      expected.map(({ appid }) => appid),
    );
    expect(stored).toEqual(expected);
  });

  it('The version of an audit is found if the ext of its Commit contains U+0000, which Postgres cannot decode', async () => {
    const [appid, inDoubt] = [newAppid(), newAppid()];
    for (const one of [appid, inDoubt]) await commit(one, 'early', '1.0', { name: 'a\u0000' });
    const submit = await audits.begin(appid, 'SubmitAudit');
    expect(await worker.audits.versionCommittedBefore(appid, submit.id)).toBe('1.0');
    await audits.settle(submit, { auditEffect: opened('7') });
    const lost = await audits.begin(inDoubt, 'SubmitAudit');
    await audits.settle(lost, { state: 'IN_DOUBT', mayHaveActed: true });
    await resolve(lost.id, 'SUCCEEDED', { auditEffect: opened('8') });
    expect(await worker.audits.versionOf(appid, '7')).toBe('1.0');
    expect(await worker.audits.versionOf(inDoubt, '8')).toBe('1.0');
  });
});
