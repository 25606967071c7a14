import { beforeEach, expect, it } from '@jest/globals';
import { begin, claim, claimed, inDoubt, settle, settlement } from './operation-steps.js';
import { sql, useStore, worker } from './use-store.js';

useStore();
beforeEach(async () => {
  await sql(`update history_state set behind = false, evidence = null, changes_deleted_until = null`);
  worker.history.follow(await worker.probe.check());
});

/** A claimed operation that Postgres has as it was before its claims. */
async function forgotten(claims = 1) {
  let operation = await begin();
  for (let n = 1; n < claims; n += 1) {
    await settle(operation, 'RETRYING');
    operation = claimed(await claim(operation.id));
  }
  await sql(
    `update operations set state = 'QUEUED', fence = 0, claim_key = null, lease_until = null, started_at = null,
       attempts = 0 where id = $1`,
    operation.id,
  );
  return operation;
}

it('A claim with a higher number than the stored one is reported as evidence E3', async () => {
  const operation = await forgotten();
  const { history } = worker;
  expect(await history.reportLostClaim(operation)).toBe(true);
  expect(history.isBehind).toBe(true);
  const { id: operationId, appid } = operation;
  const evidence = { kind: 'E3', operationId, appid, known: 'claim 1', stored: 'QUEUED, claim 0' };
  expect(history.evidence).toEqual([evidence]);
});

it('A reconciliation that Postgres has forgotten is evidence E3, although the claim is the same', async () => {
  const { id } = await inDoubt();
  const [doubt] = await worker.doubts.take(1, 60_000);
  if (doubt === undefined) throw new Error('no doubt was taken');
  const { history } = worker;
  expect(await history.reportLostClaim(doubt)).toBe(false);
  await sql(`update operations set state = 'RUNNING', asks = 0 where id = $1`, id);
  expect(await history.reportLostClaim(doubt)).toBe(true);
  expect(history.evidence).toMatchObject([{ kind: 'E3', known: 'claim 1', stored: 'RUNNING, claim 1' }]);
});

it('A claim that a later one has replaced is no evidence', async () => {
  const first = await begin();
  await settle(first, 'RETRYING');
  claimed(await claim(first.id));
  expect(await worker.history.reportLostClaim(first)).toBe(false);
  expect(worker.history.isBehind).toBe(false);
});

it('A missing operation is evidence unless retention may have deleted it since', async () => {
  const operation = await forgotten();
  await sql('delete from operations where id = $1', operation.id);
  await sql('update history_state set changes_deleted_until = $1', operation.startedAt);
  expect(await worker.history.reportLostClaim(operation)).toBe(false);
  await sql('update history_state set changes_deleted_until = null');
  expect(await worker.history.reportLostClaim(operation)).toBe(true);
});

it('settleForward stores the result with its event and claim, once', async () => {
  const operation = await forgotten(2);
  const { id, claimKey, startedAt } = operation;
  const row = settlement(operation, 'SUCCEEDED');
  expect(await worker.history.settleForward(row, startedAt)).toBe(true);
  expect(await worker.history.settleForward(row, startedAt)).toBe(false);
  const found = await worker.operations.find(id);
  expect(found).toMatchObject({ state: 'SUCCEEDED', fence: 2, claimKey, attempts: 1, startedAt });
  expect(await sql('select from outbox where event_id = $1', `${id}.completed`)).toHaveLength(1);
});

it('settleForward changes nothing while another claim holds the operation', async () => {
  const operation = await forgotten(2);
  const { claimKey } = claimed(await claim(operation.id));
  expect(await worker.history.settleForward(settlement(operation, 'FAILED'), null)).toBe(false);
  expect(await worker.operations.find(operation.id)).toMatchObject({ state: 'RUNNING', claimKey });
});
