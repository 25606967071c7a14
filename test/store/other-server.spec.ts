import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UnverifiedServerError } from '@wxa/store';
import { newAppid } from '../appid.js';
import { AuditSteps, auditDecision } from './audit-steps.js';
import { claimed, OperationSteps, settlement } from './operation-steps.js';
import { event, newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

const HOUR_MS = 3_600_000;

let scratch: ScratchStore;
let steps: OperationSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new OperationSteps(scratch);
});
afterAll(() => scratch?.close());

describe('a connection to another server than the one that was verified last', () => {
  /** The stores of all processes reach another server, as after a failover that no check of Postgres has noticed yet. */
  const failOver = () => scratch.sql(`update history_state set identity = 'the one before'`);
  const verify = async () => {
    const { server } = await scratch.worker.probe.check();
    await scratch.sql('update history_state set identity = $1', [server?.identity]);
  };

  /** An operation in doubt that is due for reconciliation. */
  async function dueDoubt(): Promise<string> {
    const [id = ''] = await steps.accept(1, newAppid());
    const operation = claimed(await steps.claim(id));
    await scratch.worker.operations.settle(settlement(operation, 'IN_DOUBT', { reconcileInMs: HOUR_MS }));
    await scratch.sql('update operations set ask_at = now() where id = $1', [id]);
    return id;
  }

  it('Nothing is reconciled, cancelled or resolved there: it may have ended already', async () => {
    const { gateway, worker } = scratch;
    await verify();
    const taken = await dueDoubt();
    const doubt = (await worker.doubts.take(100, HOUR_MS)).find(({ id }) => id === taken);
    if (doubt === undefined) throw new Error('no operation in doubt was taken');
    const due = await dueDoubt();
    const [queued = ''] = await steps.accept(1, newAppid());
    const toEvent = ({ id, appid }: { id: string; appid: string }) => event(appid, `${id}.completed`);
    const query = newOperation({ isChange: false, appid: newAppid(), method: 'GetVisitStatus' });
    await gateway.operations.accept(query);
    const decide = () => ({ state: 'FAILED', error: null, result: null, auditEffect: null }) as const;
    const attempts = [
      () => worker.doubts.take(100, HOUR_MS),
      () => worker.doubts.settle(settlement(doubt, 'SUCCEEDED'), doubt),
      () => gateway.operations.cancel(queued, toEvent),
      () => gateway.operations.cancelUnsentQueries([query.id], toEvent),
      () => gateway.doubts.resolve({ id: due, resolvedBy: 'me', reason: 'seen' }, decide, toEvent),
    ];
    const states = () =>
      scratch.sql('select id, state, asks from operations where id = any($1) order by id', [
        [doubt.id, due, queued, query.id],
      ]);
    const before = await states();
    await failOver();
    for (const attempt of attempts) await expect(attempt()).rejects.toBeInstanceOf(UnverifiedServerError);
    expect(await states()).toEqual(before);
    await verify();
    for (const attempt of attempts) await attempt();
    expect(await states()).toEqual([
      { id: doubt.id, state: 'SUCCEEDED', asks: 1 },
      { id: due, state: 'FAILED', asks: 1 },
      { id: queued, state: 'CANCELLED', asks: 0 },
      { id: query.id, state: 'CANCELLED', asks: 0 },
    ]);
  });

  it('A callback without an audit is deferred there: its audit may be lost', async () => {
    await verify();
    const appid = newAppid();
    const said = { reason: '', screenshots: [], originalId: '' };
    const decision = { ...said, state: 'APPROVED', source: 'CALLBACK', decidedAt: new Date() } as const;
    await failOver();
    const pushed = { key: randomUUID(), signature: randomUUID(), appid, decision };
    expect(await scratch.gateway.audits.recordPush(pushed)).toBe('deferred');
    await verify();
    const later = { ...pushed, key: randomUUID(), signature: randomUUID() };
    expect(await scratch.gateway.audits.recordPush(later)).toBe('unmatched');
  });

  it('No audit that a read shows as ended is decided there, and a later read decides it: the decision may be published', async () => {
    const audits = new AuditSteps(scratch);
    await verify();
    const appid = newAppid();
    const { id } = await audits.submitted(appid, '1', Date.now() - HOUR_MS);
    const change = await audits.begin(appid, 'UndoAudit', true, Date.now());
    const decision = auditDecision('APPROVED', 'POLL', Date.now());
    const audit = { kind: 'observed' as const, auditId: '1', decision };
    const { fence, claimKey } = change;
    const snapshot = { id: change.id, appid, fence, claimKey, values: {}, audit, leaseMs: 60_000 };
    await failOver();
    await audits.poll(appid, '1', decision);
    await expect(scratch.worker.operations.snapshot(snapshot)).rejects.toBeInstanceOf(UnverifiedServerError);
    expect(await audits.published(appid)).toEqual([]);
    await verify();
    expect(await scratch.worker.operations.snapshot(snapshot)).toBe(true);
    expect(await audits.published(appid)).toEqual([[expect.stringContaining(id), 'APPROVED']]);
  });
});
