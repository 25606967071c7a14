import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AuditEffect, applyPublishedAudits } from '@wxa/store';
import pg from 'pg';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { AuditSteps, auditDecision, HOUR_MS, push } from './audit-steps.js';
import { event, newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
let steps: AuditSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new AuditSteps(scratch);
});
afterAll(() => scratch?.close());

describe('recordPush', () => {
  const T = Date.now() - 10 * HOUR_MS;

  it('A callback is deferred while a SubmitAudit may have opened its audit, and only then', async () => {
    const appid = newAppid();
    const first = await steps.submitted(appid, '1', T);
    const second = await steps.begin(appid, 'SubmitAudit', true, T + HOUR_MS);
    expect(await push(scratch.gateway, appid, 'REJECTED', T + HOUR_MS + 60_000)).toBe('deferred');
    expect(await push(scratch.gateway, appid, 'APPROVED', T + 60_000)).toBe('matched');
    await steps.settle(second, { state: 'IN_DOUBT', mayHaveActed: true });
    expect(await push(scratch.worker, appid, 'DELAYED', T + HOUR_MS + 30_000)).toBe('deferred');
    const resolution = { id: second.id, resolvedBy: 'me', reason: 'saw it' };
    const auditEffect: AuditEffect = {
      kind: 'opened',
      auditId: '2',
      submittedAt: new Date(T + HOUR_MS),
    };
    const decide = () => ({ state: 'SUCCEEDED' as const, error: null, result: null, auditEffect });
    await scratch.gateway.doubts.resolve(resolution, decide, ({ id }) => event(appid, id));
    expect(await steps.published(appid)).toEqual(
      [
        [`${first.id}.audit-completed`, 'APPROVED'],
        [`${second.id}.audit-delayed`, 'DELAYED'],
        [`${second.id}.audit-completed`, 'REJECTED'],
      ].toSorted(),
    );
  });

  it('A callback is deferred no longer than the attempt that it may belong to', async () => {
    const appid = newAppid();
    const refused = await steps.begin(appid, 'SubmitAudit', true, T);
    expect(await push(scratch.gateway, appid, 'APPROVED', T)).toBe('deferred');
    await steps.settle(refused, { state: 'RETRYING', auditEffect: { kind: 'not-opened' } });
    expect(await steps.published(appid)).toEqual([[`${appid}.push.${appid} APPROVED ${T}`, 'APPROVED']]);
    expect(await push(scratch.gateway, appid, 'APPROVED', T + 5_000)).toBe('unmatched');
  });

  it('A callback of an audit made outside this service is unmatched and completes none of ours', async () => {
    const appid = newAppid();
    const first = await steps.submitted(appid, '1', T);
    expect(await push(scratch.gateway, appid, 'APPROVED', T - 10_000)).toBe('unmatched');
    expect(await push(scratch.gateway, appid, 'APPROVED', T + 10_000)).toBe('matched');
    expect(await push(scratch.gateway, appid, 'REJECTED', T + HOUR_MS)).toBe('unmatched');
    expect(await push(scratch.gateway, appid, 'DELAYED', T + HOUR_MS)).toBe('unmatched');
    expect((await steps.published(appid)).filter(([id]) => id.startsWith(first.id))).toEqual([
      [`${first.id}.audit-completed`, 'APPROVED'],
    ]);
  });

  it('One of several contradictory callbacks of the same second is matched at two gateways, and the others are duplicates', async () => {
    const appid = newAppid();
    const { id } = await steps.submitted(appid, '1', T);
    const at = T + 60_000;
    const outcomes = await Promise.all(
      [scratch.gateway, scratch.worker].flatMap((store) => [
        push(store, appid, 'APPROVED', at),
        push(store, appid, 'REJECTED', at),
        push(store, appid, 'APPROVED', at),
      ]),
    );
    expect(outcomes.toSorted()).toEqual([...Array(5).fill('duplicate'), 'matched']);
    expect((await steps.published(appid)).map(([event]) => event)).toEqual([`${id}.audit-completed`]);
  });
});

describe('snapshot', () => {
  const T = Math.floor((Date.now() - 10 * HOUR_MS) / 1000) * 1000;

  it('An audit that the snapshot of the next SubmitAudit shows ended is completed first, and callbacks match their own audit', async () => {
    const appid = newAppid();
    const first = await steps.submitted(appid, '1', T);
    const next = await steps.begin(appid, 'SubmitAudit', true, T + 1_700);
    const seen = auditDecision('REJECTED', 'POLL', T + 1_700);
    const audit = { kind: 'observed' as const, auditId: '1', decision: seen };
    const snapshot = { ...next, values: { auditId: '1' }, audit, leaseMs: 60_000 };
    expect(await scratch.worker.operations.snapshot(snapshot)).toBe(true);
    expect(await scratch.worker.operations.snapshot(snapshot)).toBe(true);
    expect(await steps.published(appid)).toEqual([[`${first.id}.audit-completed`, 'REJECTED']]);
    const submittedAt = new Date(T + 1_900);
    await steps.settle(next, { auditEffect: { kind: 'opened', auditId: '2', submittedAt } });
    expect(await push(scratch.gateway, appid, 'APPROVED', T + 1_950)).toBe('matched');
    expect(await push(scratch.gateway, appid, 'REJECTED', T)).toBe('duplicate');
    expect(await steps.published(appid)).toEqual([
      [`${first.id}.audit-completed`, 'REJECTED'],
      [`${next.id}.audit-completed`, 'APPROVED'],
    ]);
  });
});

describe('reason and screenshots of an audit', () => {
  const T = Date.now() - 10 * HOUR_MS;
  const stored = (appid: string) =>
    scratch.sql('select state, reason, screenshots from audits where appid = $1', [appid]);
  const said = (
    appid: string,
    state: 'DELAYED' | 'APPROVED' | 'REJECTED',
    reason: string,
    screenshots: string[],
  ) =>
    scratch.gateway.audits.recordPush({
      key: randomUUID(),
      appid,
      signature: null,
      decision: { ...auditDecision(state, 'CALLBACK', T + HOUR_MS), reason, screenshots },
    });

  it('Callbacks recorded together store the reason and the screenshots of each audit', async () => {
    const [one, two] = [newAppid(), newAppid()];
    for (const [appid, id] of [
      [one, '1'],
      [two, '2'],
    ] as const)
      await steps.submitted(appid, id, T);
    await Promise.all([said(one, 'REJECTED', '1:标题', ['a', 'b']), said(two, 'DELAYED', '排队', [])]);
    expect(await stored(one)).toEqual([{ state: 'REJECTED', reason: '1:标题', screenshots: ['a', 'b'] }]);
    expect(await stored(two)).toEqual([{ state: 'OPEN', reason: '排队', screenshots: [] }]);
    await said(two, 'APPROVED', '', []);
    expect(await stored(two)).toEqual([{ state: 'APPROVED', reason: '', screenshots: [] }]);
  });

  it('Audits restored from Kafka have the reason and the screenshots of their last event', async () => {
    const [one, two] = [newAppid(), newAppid()];
    const { id: ended } = await steps.submitted(one, '4', T);
    const { id: delayed } = await steps.submitted(two, '5', T);
    const event = { originalId: '', at: new Date(T + HOUR_MS), source: 'CALLBACK' as const, value: '{}' };
    const client = new pg.Client(scratch.url);
    await client.connect();
    await applyPublishedAudits(client, [
      { ...event, operationId: ended, appid: one, state: 'DELAYED', reason: '排队', screenshots: [] },
      {
        ...event,
        operationId: ended,
        appid: one,
        state: 'REJECTED',
        reason: '1:标题',
        screenshots: ['a', 'b'],
      },
      { ...event, operationId: delayed, appid: two, state: 'DELAYED', reason: '排队', screenshots: [] },
    ]).finally(() => client.end());
    expect(await stored(one)).toEqual([{ state: 'REJECTED', reason: '1:标题', screenshots: ['a', 'b'] }]);
    expect(await stored(two)).toEqual([{ state: 'OPEN', reason: '排队', screenshots: [] }]);
  });

  it('A reason with U+0000, which Postgres cannot store, ends the audit without it', async () => {
    const appid = newAppid();
    await steps.submitted(appid, '3', T);
    const decision = {
      ...auditDecision('REJECTED', 'POLL', T + HOUR_MS),
      reason: 'a\u0000b',
      screenshots: ['c\u0000'],
    };
    await steps.poll(appid, '3', decision);
    expect(await stored(appid)).toEqual([{ state: 'REJECTED', reason: 'ab', screenshots: ['c'] }]);
  });
});

describe('UndoAudit', () => {
  it('UndoAudit completes our audit only if that is the one it withdrew', async () => {
    const [ours, elsewhere] = [newAppid(), newAppid()];
    const T = Date.now() - HOUR_MS;
    const { id } = await steps.submitted(ours, '1', T);
    await steps.submitted(elsewhere, '1', T);
    await steps.undo(ours, T + 1_000, '1');
    await steps.undo(elsewhere, T + 1_000, '2');
    expect(await steps.published(ours)).toEqual([[`${id}.audit-completed`, 'WITHDRAWN']]);
    expect(await steps.published(elsewhere)).toEqual([]);
  });
});

describe('version of an audit', () => {
  const ids = { early: '01800000-0000-7000-8000-', late: '01f00000-0000-7000-8000-' };

  /** Accepts a Commit by a gateway whose clock is behind or ahead. */
  async function commit(appid: string, clock: keyof typeof ids, userVersion: string, ext = {}) {
    const id = `${ids[clock]}${randomUUID().slice(-12)}`;
    const request = JSON.stringify({ appid, userVersion, ext });
    await scratch.gateway.operations.accept(newOperation({ id, appid, method: 'Commit', request }));
    await steps.settle(await steps.claim(id, Date.now()), {});
  }

  const opened = (auditId: string): AuditEffect => ({ kind: 'opened', auditId, submittedAt: new Date() });

  it('The version of an audit is that of the last Commit accepted before its SubmitAudit, whatever the gateways’ clocks show', async () => {
    const appid = newAppid();
    await commit(appid, 'early', '1.0');
    await commit(appid, 'late', '1.1');
    const submit = await steps.begin(appid, 'SubmitAudit', true, Date.now());
    expect(await scratch.worker.audits.versionCommittedBefore(appid, submit.id)).toBe('1.1');
    await steps.settle(submit, { auditEffect: opened('7') });
    expect(await scratch.worker.audits.versionOf(appid, '7')).toBe('1.1');
    await commit(appid, 'early', '1.2');
    expect(await scratch.worker.audits.versionCommittedBefore(appid, submit.id)).toBe('1.1');
  });

  it('SubmitAudits settled together open each its audit with its own version, and the early callbacks of each are applied', async () => {
    const at = Date.now() - HOUR_MS;
    const appids = Array.from({ length: 20 }, newAppid);
    const states = appids.map((_, i) => (i % 2 === 0 ? ('APPROVED' as const) : ('REJECTED' as const)));
    for (const [i, appid] of appids.entries()) await commit(appid, 'early', `1.${i}`);
    const submits = await Promise.all(appids.map((appid) => steps.begin(appid, 'SubmitAudit', true, at)));
    for (const [i, appid] of appids.entries())
      expect(await push(scratch.gateway, appid, states[i] ?? 'APPROVED', at + 60_000)).toBe('deferred');
    await Promise.all(
      submits.map((submit, i) =>
        steps.settle(submit, {
          auditEffect: { kind: 'opened', auditId: String(i), submittedAt: new Date(at) },
        }),
      ),
    );
    const audits = await scratch.sql(
      'select appid, audit_id as id, user_version as version, state from audits where appid = any($1) order by appid',
      [appids],
    );
    expect(audits).toEqual(
      appids
        .map((appid, i) => ({ appid, id: String(i), version: `1.${i}`, state: states[i] }))
        .toSorted((a, b) => (a.appid < b.appid ? -1 : 1)),
    );
  });

  it('The version of an audit is found if the ext of its Commit contains U+0000, which Postgres cannot decode', async () => {
    const [appid, inDoubt] = [newAppid(), newAppid()];
    for (const one of [appid, inDoubt]) await commit(one, 'early', '1.0', { name: 'a\u0000' });
    const submit = await steps.begin(appid, 'SubmitAudit', true, Date.now());
    expect(await scratch.worker.audits.versionCommittedBefore(appid, submit.id)).toBe('1.0');
    await steps.settle(submit, { auditEffect: opened('7') });
    const lost = await steps.begin(inDoubt, 'SubmitAudit', true, Date.now());
    await steps.settle(lost, { state: 'IN_DOUBT', mayHaveActed: true });
    const resolution = { id: lost.id, resolvedBy: 'me', reason: 'saw it' };
    const decide = () => ({
      state: 'SUCCEEDED' as const,
      error: null,
      result: null,
      auditEffect: opened('8'),
    });
    await scratch.gateway.doubts.resolve(resolution, decide, ({ id }) => event(inDoubt, id));
    expect(await scratch.worker.audits.versionOf(appid, '7')).toBe('1.0');
    expect(await scratch.worker.audits.versionOf(inDoubt, '8')).toBe('1.0');
  });
});

describe('takeDueAudits', () => {
  it('takeDueAudits returns an audit once per interval over all workers, and not while its poll is unfinished', async () => {
    const appid = newAppid();
    await steps.submitted(appid, '7', Date.now() - HOUR_MS);
    const schedule = { afterMs: 60_000, intervalMs: 300, limit: 100 };
    const take = async () =>
      (await scratch.worker.audits.takeDue(schedule)).filter((audit) => audit.appid === appid);
    const taken = await Promise.all([1, 2, 3, 4].map(take));
    const [due] = taken.flat();
    expect(taken.flat()).toMatchObject([{ auditId: '7' }]);
    const poll = newOperation({ appid, method: 'GetAuditStatus', isChange: false });
    await scratch.worker.operations.accept({ ...poll, requestId: due?.requestId ?? '' });
    const isDue = 'select from audits where appid = $1 and next_poll_at < now()';
    await eventually(async () => (await scratch.sql(isDue, [appid])).length === 1);
    // WeChat is unavailable, and the poll has not ended.
    expect(await take()).toEqual([]);
    await steps.settle(await steps.claim(poll.id, Date.now()), {});
    expect(await take()).toMatchObject([
      { auditId: '7', requestId: expect.not.stringContaining(due?.requestId ?? '') },
    ]);
  });

  it('takeDueAudits returns no audit before its time and at most as many as requested', async () => {
    const appids = [newAppid(), newAppid(), newAppid()];
    for (const appid of appids) await steps.submitted(appid, '7', Date.now() - 30_000);
    const take = async (afterMs: number, limit: number) =>
      (await scratch.worker.audits.takeDue({ afterMs, intervalMs: 60_000, limit })).filter(({ appid }) =>
        appids.includes(appid),
      );
    expect(await take(60_000, 100)).toEqual([]);
    const taken = [await take(0, 2), await take(0, 2), await take(0, 2)];
    expect(taken.map(({ length }) => length)).toEqual([2, 1, 0]);
  });
});
