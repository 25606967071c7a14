import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { History } from '@wxa/store';
import { newAppid } from '../appid.js';
import { claimed, OperationSteps, settlement } from './operation-steps.js';
import { event, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
let steps: OperationSteps;
let history: History;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new OperationSteps(scratch);
  history = scratch.worker.history;
});
afterAll(() => scratch?.close());
beforeEach(async () => {
  await scratch.sql(`update history_state set identity = null, verified_at = null, behind = false, evidence = null,
    accepted_at = null, queries_deleted_until = null, changes_deleted_until = null`);
  await scratch.sql('delete from history_exempt');
  history.follow(await scratch.worker.probe.check());
});

describe('a command without its operation', () => {
  /** Accepted now, by the time in its id. */
  const accepted = () => {
    const time = Date.now().toString(16).padStart(12, '0');
    const id = `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${randomUUID().slice(-12)}`;
    return { id, appid: newAppid() };
  };
  const report = (operation: { id: string; appid: string; isChange: boolean }) =>
    history.reportLostOperation(operation);
  const deletedUntil = (column: string, offset: string) =>
    scratch.sql(`update history_state set ${column} = now() - interval '${offset}'`);

  it('It proves that Postgres is behind, as evidence E4', async () => {
    const { id, appid } = accepted();
    expect(await report({ id, appid, isChange: true })).toBe(true);
    expect(history.isBehind).toBe(true);
    expect(history.evidence).toMatchObject([{ kind: 'E4', operationId: id, appid, stored: 'missing' }]);
    expect(history.evidence[0]?.known).toMatch(/^accepted 20..-.*Z$/);
  });

  it('It is no evidence if the operation exists, be it of another mini-program', async () => {
    const [id = ''] = await steps.accept(1, newAppid());
    expect(await report({ id, appid: newAppid(), isChange: true })).toBe(false);
  });

  it('It is no evidence if retention has deleted operations of its kind that are at most an hour older', async () => {
    const { id, appid } = accepted();
    await deletedUntil('queries_deleted_until', '50 minutes');
    expect(await report({ id, appid, isChange: false })).toBe(false);
    await deletedUntil('changes_deleted_until', '50 minutes');
    expect(await report({ id, appid, isChange: true })).toBe(false);
    await deletedUntil('changes_deleted_until', '70 minutes');
    expect(await report({ id, appid, isChange: true })).toBe(true);
  });

  it('It is no evidence for an exempt mini-program, or if an operator accepted the state since', async () => {
    const { id, appid } = accepted();
    await scratch.sql('insert into history_exempt (appid) values ($1)', [appid]);
    expect(await report({ id, appid, isChange: true })).toBe(false);
    await scratch.sql('delete from history_exempt');
    await scratch.sql(`update history_state set accepted_at = now() + interval '1 second'`);
    expect(await report({ id, appid, isChange: true })).toBe(false);
  });
});

describe('a claim that Postgres has forgotten', () => {
  /** A claimed operation that Postgres has as it was before its claims. */
  async function forgotten(claims = 1) {
    const [id = ''] = await steps.accept(1, newAppid());
    let operation = claimed(await steps.claim(id));
    for (let n = 1; n < claims; n += 1) {
      await scratch.worker.operations.settle(settlement(operation, 'RETRYING'));
      operation = claimed(await steps.claim(id));
    }
    await scratch.sql(
      `update operations set state = 'QUEUED', fence = 0, claim_key = null, lease_until = null, started_at = null,
         attempts = 0 where id = $1`,
      [id],
    );
    return operation;
  }

  it('A claim with a higher number than the stored one is reported as evidence E3', async () => {
    const operation = await forgotten();
    expect(await history.reportLostClaim(operation)).toBe(true);
    expect(history.isBehind).toBe(true);
    expect(history.evidence).toEqual([
      {
        ...{ kind: 'E3', operationId: operation.id, appid: operation.appid },
        ...{ known: 'claim 1', stored: 'QUEUED, claim 0' },
      },
    ]);
  });

  it('A reconciliation that Postgres has forgotten is evidence E3, although the claim is the same', async () => {
    const [id = ''] = await steps.accept(1, newAppid());
    const operation = claimed(await steps.claim(id));
    await scratch.worker.operations.settle(settlement(operation, 'IN_DOUBT', { reconcileInMs: 0 }));
    const [doubt] = await scratch.worker.doubts.take(1, 60_000);
    if (doubt === undefined) throw new Error('no doubt was taken');
    expect(await history.reportLostClaim(doubt)).toBe(false);
    await scratch.sql(`update operations set state = 'RUNNING', asks = 0 where id = $1`, [id]);
    expect(await history.reportLostClaim(doubt)).toBe(true);
    expect(history.evidence).toMatchObject([{ kind: 'E3', known: 'claim 1', stored: 'RUNNING, claim 1' }]);
  });

  it('A claim that a later one has replaced is no evidence', async () => {
    const [id = ''] = await steps.accept(1, newAppid());
    const first = claimed(await steps.claim(id));
    await scratch.worker.operations.settle(settlement(first, 'RETRYING'));
    claimed(await steps.claim(id));
    expect(await history.reportLostClaim(first)).toBe(false);
    expect(history.isBehind).toBe(false);
  });

  it('A missing operation is evidence unless retention may have deleted it since', async () => {
    const operation = await forgotten();
    await scratch.sql('delete from operations where id = $1', [operation.id]);
    await scratch.sql('update history_state set changes_deleted_until = $1', [operation.startedAt]);
    expect(await history.reportLostClaim(operation)).toBe(false);
    await scratch.sql('update history_state set changes_deleted_until = null');
    expect(await history.reportLostClaim(operation)).toBe(true);
  });

  it('settleForward stores the result with its event and claim, once', async () => {
    const operation = await forgotten(2);
    const row = settlement(operation, 'SUCCEEDED', {
      event: event(operation.appid, `${operation.id}.completed`),
    });
    expect(await history.settleForward(row, operation.startedAt)).toBe(true);
    expect(await history.settleForward(row, operation.startedAt)).toBe(false);
    const found = await scratch.worker.operations.find(operation.id);
    expect(found).toMatchObject({ state: 'SUCCEEDED', fence: 2, claimKey: operation.claimKey, attempts: 1 });
    expect(found?.startedAt).toEqual(operation.startedAt);
    const events = await scratch.sql('select from outbox where event_id = $1', [`${operation.id}.completed`]);
    expect(events).toHaveLength(1);
  });

  it('settleForward changes nothing while another claim holds the operation', async () => {
    const operation = await forgotten(2);
    const other = claimed(await steps.claim(operation.id));
    expect(await history.settleForward(settlement(operation, 'FAILED'), null)).toBe(false);
    const found = await scratch.worker.operations.find(operation.id);
    expect(found).toMatchObject({ state: 'RUNNING', claimKey: other.claimKey });
  });
});
