import { randomUUID } from 'node:crypto';
import { beforeEach, expect, it } from '@jest/globals';
import { statusQueriesOf } from '@wxa/operations';
import { UnverifiedServerError } from '@wxa/postgres';
import { auditDecision, audits, HOUR_MS, push } from './audit-steps.js';
import * as steps from './operation-steps.js';
import { accept, acceptQuery, begin, settle, settlement, stateOf, toEvent } from './operation-steps.js';
import { gateway, newAppid, sql, useStore, worker } from './use-store.js';

useStore({ toStatusQuery: statusQueriesOf('test') });

const verify = async () => {
  const { server } = await worker.probe.check();
  await sql('update history_state set identity = $1', server?.identity);
};
beforeEach(verify);

/** The stores of all processes reach another server, as after a failover that no check of Postgres has noticed yet. */
const failOver = () => sql(`update history_state set identity = 'the one before'`);

/** An operation in doubt that is due for reconciliation. */
async function dueDoubt(): Promise<string> {
  const operation = await begin();
  await settle(operation, 'IN_DOUBT', { reconcileInMs: HOUR_MS });
  await sql('update operations set ask_at = now() where id = $1', operation.id);
  return operation.id;
}

it('Nothing is reconciled, cancelled or resolved there: it may have ended already', async () => {
  await dueDoubt();
  const [doubt] = await worker.doubts.take(100, HOUR_MS);
  if (doubt === undefined) throw new Error('no operation in doubt was taken');
  const [due, queued, query] = [await dueDoubt(), await accept(), await acceptQuery()];
  const attempts = [
    () => worker.doubts.take(100, HOUR_MS),
    () => worker.doubts.settle(settlement(doubt, 'SUCCEEDED'), doubt),
    () => steps.cancel(queued),
    () => gateway.operations.cancelUnsentQueries([query], toEvent),
    () => steps.resolve(due, 'FAILED'),
  ];
  const states = () => Promise.all([doubt.id, due, queued, query].map(stateOf));
  const checks = () => sql('select asks from operations where id = $1', due);
  const before = [await states(), await checks()];
  await failOver();
  for (const attempt of attempts) await expect(attempt()).rejects.toBeInstanceOf(UnverifiedServerError);
  expect([await states(), await checks()]).toEqual(before);
  await verify();
  for (const attempt of attempts) await attempt();
  expect(await states()).toEqual(['SUCCEEDED', 'FAILED', 'CANCELLED', 'CANCELLED']);
  expect(await checks()).toEqual([{ asks: 1 }]);
});

it('A callback without an audit is deferred there: its audit may be lost', async () => {
  const decision = auditDecision('APPROVED', 'CALLBACK', Date.now());
  const appid = newAppid();
  const record = () =>
    gateway.audits.recordPush({ key: randomUUID(), signature: randomUUID(), appid, decision });
  await failOver();
  expect(await record()).toBe('deferred');
  await verify();
  expect(await record()).toBe('unmatched');
});

it('No audit that a read shows as ended is decided there, and a later read decides it: the decision may be published', async () => {
  const appid = newAppid();
  const id = await audits.submitted(appid, '1', Date.now() - HOUR_MS);
  const change = await audits.begin(appid, 'UndoAudit');
  const decision = auditDecision('APPROVED', 'POLL', Date.now());
  const audit = { kind: 'observed', auditId: '1', readAt: new Date(), decision } as const;
  const snapshot = () => worker.operations.snapshot({ ...change, values: {}, audit, leaseMs: 60_000 });
  await failOver();
  await audits.poll(appid, '1', decision);
  await expect(snapshot()).rejects.toBeInstanceOf(UnverifiedServerError);
  expect(await audits.published(appid)).toEqual([]);
  await verify();
  expect(await snapshot()).toBe(true);
  expect(await audits.published(appid)).toEqual([[expect.stringContaining(id), 'APPROVED']]);
});

it('A rejection that no read could confirm ends no audit there, and does at a later poll', async () => {
  const appid = newAppid();
  const id = await audits.submitted(appid, '1', Date.now() - HOUR_MS);
  expect(await push(gateway, appid, 'REJECTED', Date.now())).toBe('matched');
  await failOver();
  await worker.audits.trustPush({ appid, auditId: '1' });
  expect(await audits.published(appid)).toEqual([]);
  await verify();
  await worker.audits.trustPush({ appid, auditId: '1' });
  expect(await audits.published(appid)).toEqual([[expect.stringContaining(id), 'REJECTED']]);
});
