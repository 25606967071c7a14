import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditEffect } from '@wxa/store';
import { eventually } from '../eventually.js';
import { anAppid } from '../world.js';
import { AuditSteps, HOUR_MS, push, verdict } from './audit-steps.js';
import { event, newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
let steps: AuditSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new AuditSteps(scratch);
});
afterAll(() => scratch?.close());

describe('a push', () => {
  const T = Date.now() - 10 * HOUR_MS;

  it('waits while a SubmitAudit may have opened its audit, and for no other', async () => {
    const appid = anAppid();
    const first = await steps.submitted(appid, '1', T);
    const second = await steps.begin(appid, 'SubmitAudit', true, T + HOUR_MS);
    expect(await push(scratch.gateway, appid, 'REJECTED', T + HOUR_MS + 60_000)).toBe('deferred');
    expect(await push(scratch.gateway, appid, 'APPROVED', T + 60_000)).toBe('matched');
    await steps.settle(second, { state: 'IN_DOUBT', mayHaveActed: true });
    expect(await push(scratch.worker, appid, 'DELAYED', T + HOUR_MS + 30_000)).toBe('deferred');
    const word = { id: second.id, resolvedBy: 'me', reason: 'saw it' };
    const auditEffect: AuditEffect = {
      kind: 'opened',
      auditId: '2',
      submittedAt: new Date(T + HOUR_MS),
    };
    const decide = () => ({ state: 'SUCCEEDED' as const, error: null, result: null, auditEffect });
    await scratch.gateway.resolve(word, decide, ({ id }) => event(appid, id));
    expect(await steps.told(appid)).toEqual(
      [
        [`${first.id}.audit-completed`, 'APPROVED'],
        [`${second.id}.audit-delayed`, 'DELAYED'],
        [`${second.id}.audit-completed`, 'REJECTED'],
      ].toSorted(),
    );
  });

  it('waits no longer than the try it may belong to', async () => {
    const appid = anAppid();
    const refused = await steps.begin(appid, 'SubmitAudit', true, T);
    expect(await push(scratch.gateway, appid, 'APPROVED', T)).toBe('deferred');
    await steps.settle(refused, { state: 'RETRYING', auditEffect: { kind: 'not-opened' } });
    expect(await steps.told(appid)).toEqual([[`${appid}.push.${appid} APPROVED ${T}`, 'APPROVED']]);
    expect(await push(scratch.gateway, appid, 'APPROVED', T + 5_000)).toBe('unmatched');
  });

  it('of an audit made outside this service is told as such, and ends none of ours', async () => {
    const appid = anAppid();
    const first = await steps.submitted(appid, '1', T);
    expect(await push(scratch.gateway, appid, 'APPROVED', T - 10_000)).toBe('unmatched');
    expect(await push(scratch.gateway, appid, 'APPROVED', T + 10_000)).toBe('matched');
    expect(await push(scratch.gateway, appid, 'REJECTED', T + HOUR_MS)).toBe('unmatched');
    expect(await push(scratch.gateway, appid, 'DELAYED', T + HOUR_MS)).toBe('unmatched');
    expect((await steps.told(appid)).filter(([id]) => id.startsWith(first.id))).toEqual([
      [`${first.id}.audit-completed`, 'APPROVED'],
    ]);
  });

  it('that contradicts another of the same moment changes nothing, at whichever gateway', async () => {
    const appid = anAppid();
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
    expect((await steps.told(appid)).map(([event]) => event)).toEqual([`${id}.audit-completed`]);
  });
});

describe('an audit that was seen to have ended before the next one is submitted', () => {
  const T = Math.floor((Date.now() - 10 * HOUR_MS) / 1000) * 1000;

  it('ends first: no push of either is taken for the other one’s, however close they are', async () => {
    const appid = anAppid();
    const first = await steps.submitted(appid, '1', T);
    const next = await steps.begin(appid, 'SubmitAudit', true, T + 1_700);
    const seen = verdict('REJECTED', 'POLL', T + 1_700);
    const audit = { kind: 'observed' as const, auditId: '1', verdict: seen };
    const note = { ...next, noted: { auditId: '1' }, audit, leaseMs: 60_000 };
    expect(await scratch.worker.snapshot(note)).toBe(true);
    expect(await scratch.worker.snapshot(note)).toBe(true);
    expect(await steps.told(appid)).toEqual([[`${first.id}.audit-completed`, 'REJECTED']]);
    const submittedAt = new Date(T + 1_900);
    await steps.settle(next, { auditEffect: { kind: 'opened', auditId: '2', submittedAt } });
    expect(await push(scratch.gateway, appid, 'APPROVED', T + 1_950)).toBe('matched');
    expect(await push(scratch.gateway, appid, 'REJECTED', T)).toBe('duplicate');
    expect(await steps.told(appid)).toEqual([
      [`${first.id}.audit-completed`, 'REJECTED'],
      [`${next.id}.audit-completed`, 'APPROVED'],
    ]);
  });
});

describe('an UndoAudit', () => {
  it('ends no audit of ours where what it withdrew was made outside', async () => {
    const [ours, elsewhere] = [anAppid(), anAppid()];
    const T = Date.now() - HOUR_MS;
    const { id } = await steps.submitted(ours, '1', T);
    await steps.submitted(elsewhere, '1', T);
    await steps.undo(ours, T + 1_000, '1');
    await steps.undo(elsewhere, T + 1_000, '2');
    expect(await steps.told(ours)).toEqual([[`${id}.audit-completed`, 'WITHDRAWN']]);
    expect(await steps.told(elsewhere)).toEqual([]);
  });
});

describe('the version of an audit', () => {
  const ids = { early: '01800000-0000-7000-8000-', late: '01f00000-0000-7000-8000-' };

  /** A Commit of this service, accepted now by a gateway whose clock is behind or ahead. */
  async function commit(appid: string, clock: keyof typeof ids, userVersion: string, ext = {}) {
    const id = `${ids[clock]}${randomUUID().slice(-12)}`;
    const request = JSON.stringify({ appid, userVersion, ext });
    await scratch.gateway.accept(newOperation({ id, appid, method: 'Commit', request }));
    await steps.settle(await steps.claim(id, Date.now()), {});
  }

  const opened = (auditId: string): AuditEffect => ({ kind: 'opened', auditId, submittedAt: new Date() });

  it('is that of the Commit accepted last before its SubmitAudit, whatever the clocks of the gateways say', async () => {
    const appid = anAppid();
    await commit(appid, 'early', '1.0');
    await commit(appid, 'late', '1.1');
    const submit = await steps.begin(appid, 'SubmitAudit', true, Date.now());
    expect(await scratch.worker.versionCommittedBefore(appid, submit.id)).toBe('1.1');
    await steps.settle(submit, { auditEffect: opened('7') });
    expect(await scratch.worker.versionOfAudit(appid, '7')).toBe('1.1');
    await commit(appid, 'early', '1.2');
    expect(await scratch.worker.versionCommittedBefore(appid, submit.id)).toBe('1.1');
  });

  it('is found where the ext of its Commit holds a NUL character, which Postgres can not decode', async () => {
    const [appid, doubtful] = [anAppid(), anAppid()];
    for (const one of [appid, doubtful]) await commit(one, 'early', '1.0', { name: 'a\u0000' });
    const submit = await steps.begin(appid, 'SubmitAudit', true, Date.now());
    expect(await scratch.worker.versionCommittedBefore(appid, submit.id)).toBe('1.0');
    await steps.settle(submit, { auditEffect: opened('7') });
    const lost = await steps.begin(doubtful, 'SubmitAudit', true, Date.now());
    await steps.settle(lost, { state: 'IN_DOUBT', mayHaveActed: true });
    const word = { id: lost.id, resolvedBy: 'me', reason: 'saw it' };
    const decide = () => ({
      state: 'SUCCEEDED' as const,
      error: null,
      result: null,
      auditEffect: opened('8'),
    });
    await scratch.gateway.resolve(word, decide, ({ id }) => event(doubtful, id));
    expect(await scratch.worker.versionOfAudit(appid, '7')).toBe('1.0');
    expect(await scratch.worker.versionOfAudit(doubtful, '8')).toBe('1.0');
  });
});

describe('the questions about open audits', () => {
  it('come once in an interval, over all workers, and not while one is under way', async () => {
    const appid = anAppid();
    await steps.submitted(appid, '7', Date.now() - HOUR_MS);
    const schedule = { afterMs: 60_000, intervalMs: 300, limit: 100 };
    const take = async () =>
      (await scratch.worker.takeDueAudits(schedule)).filter((audit) => audit.appid === appid);
    const taken = await Promise.all([1, 2, 3, 4].map(take));
    const [question] = taken.flat();
    expect(taken.flat()).toMatchObject([{ auditId: '7' }]);
    const asked = newOperation({ appid, method: 'GetAuditStatus', isChange: false });
    await scratch.worker.accept({ ...asked, requestId: question?.requestId ?? '' });
    const isDue = 'select from audits where appid = $1 and next_poll_at < now()';
    await eventually(async () => (await scratch.sql(isDue, [appid])).length === 1);
    // WeChat is away, and the question has not ended.
    expect(await take()).toEqual([]);
    await steps.settle(await steps.claim(asked.id, Date.now()), {});
    expect(await take()).toMatchObject([
      { auditId: '7', requestId: expect.not.stringContaining(question?.requestId ?? '') },
    ]);
  });

  it('are not asked before their time, nor more at once than are wanted', async () => {
    const appids = [anAppid(), anAppid(), anAppid()];
    for (const appid of appids) await steps.submitted(appid, '7', Date.now() - 30_000);
    const take = async (afterMs: number, limit: number) =>
      (await scratch.worker.takeDueAudits({ afterMs, intervalMs: 60_000, limit })).filter(({ appid }) =>
        appids.includes(appid),
      );
    expect(await take(60_000, 100)).toEqual([]);
    const taken = [await take(0, 2), await take(0, 2), await take(0, 2)];
    expect(taken.map(({ length }) => length)).toEqual([2, 1, 0]);
  });
});
