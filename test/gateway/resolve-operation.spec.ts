import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Operation, OperationState, Resolution, ResolveOperationRequest } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { call, readRefusal, refusalOf } from './calls.js';
import { operationCalls } from './operation-calls.js';
import { ScriptedWorker } from './scripted-worker.js';
import { useSharedGateway } from './use-gateway.js';

const { backends, gateway, database } = useSharedGateway();
const { commit, submit, get, resolve } = operationCalls(gateway);

let worker: ScriptedWorker;
beforeAll(async () => {
  worker = await ScriptedWorker.start(backends);
}, 60_000);
afterAll(() => worker?.stop());

describe('ResolveOperation', () => {
  const inDoubt = async (accepted: Promise<Operation>): Promise<string> => {
    const { id } = await accepted;
    await worker.run(id, { state: 'IN_DOUBT' });
    return id;
  };

  const stored = (id: string) => database.rows('select * from operations where id = $1', [id]);

  it.each(['SUCCEEDED', 'FAILED', 'QUEUED'] as const)(
    'ResolveOperation fails with OPERATION_NOT_IN_DOUBT if the operation is %s and does not change it',
    async (state) => {
      const { id } = await commit(newAppid());
      if (state !== 'QUEUED') await worker.run(id, { state });
      const before = await stored(id);
      expect(await refusalOf(resolve({ id, resolution: Resolution.RESOLUTION_DONE }))).toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'OPERATION_NOT_IN_DOUBT',
      });
      expect(await stored(id)).toEqual(before);
    },
  );

  it('ResolveOperation applies one of two concurrent resolutions and names its author to the other', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => inDoubt(commit(newAppid()))));
    const resolutions = [
      { resolution: Resolution.RESOLUTION_DONE, resolvedBy: 'Ada', state: 'SUCCEEDED' },
      { resolution: Resolution.RESOLUTION_NOT_DONE, resolvedBy: 'Ben', state: 'FAILED' },
    ];
    const resolveAt = (id: string, n: number) => {
      const request = { ...ResolveOperationRequest.create(), id, reason: 'saw it', ...resolutions[n] };
      return call(gateway.operations, gateway.operations.resolveOperation, request);
    };
    for (const id of ids) {
      const results = await Promise.allSettled([resolveAt(id, 0), resolveAt(id, 1)]);
      const winner = results.findIndex(({ status }) => status === 'fulfilled');
      const [loser] = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      expect(readRefusal(loser)).toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'OPERATION_NOT_IN_DOUBT',
      });
      const { state, resolvedBy } = resolutions[winner] ?? {};
      expect(String(loser.details)).toContain(`resolved by ${resolvedBy}`);
      expect(await stored(id)).toMatchObject([{ state, resolved_by: resolvedBy, resolve_reason: 'saw it' }]);
    }
  });

  it('ResolveOperation with DONE requires the audit id of a SubmitAudit and stores it unrounded', async () => {
    const id = await inDoubt(submit(newAppid()));
    const without = resolve({ id, resolution: Resolution.RESOLUTION_DONE });
    expect((await refusalOf(without)).violations.map(({ field }) => field)).toEqual(['audit_id']);
    const done = await resolve({ id, resolution: Resolution.RESOLUTION_DONE, auditId: 9007199254740993n });
    expect(done).toMatchObject({ state: OperationState.OPERATION_STATE_SUCCEEDED });
    expect(done.result).toEqual({ $case: 'submitAudit', value: { auditId: 9007199254740993n } });
    const audits = await database.rows('select audit_id, state from audits where operation_id = $1', [id]);
    expect(audits).toEqual([{ audit_id: '9007199254740993', state: 'OPEN' }]);
  });

  it('ResolveOperation with NOT_DONE ends the operation FAILED with RESOLVED_NOT_DONE', async () => {
    const id = await inDoubt(commit(newAppid()));
    const failed = await resolve({ id, resolution: Resolution.RESOLUTION_NOT_DONE });
    expect(failed).toMatchObject({ state: OperationState.OPERATION_STATE_FAILED });
    expect(failed.error).toMatchObject({ reason: 'RESOLVED_NOT_DONE', category: 'ERROR_CATEGORY_STATE' });
  });

  it('ResolveOperation with RETRY makes the operation RETRYING, and it succeeds when it is run again', async () => {
    const id = await inDoubt(commit(newAppid()));
    const again = await resolve({ id, resolution: Resolution.RESOLUTION_RETRY });
    expect(again.state).toBe(OperationState.OPERATION_STATE_RETRYING);
    await worker.run(id, { state: 'SUCCEEDED' });
    expect((await get(id)).state).toBe(OperationState.OPERATION_STATE_SUCCEEDED);
  });

  it('ResolveOperation reports a missing resolution, author and reason at once and changes nothing', async () => {
    const id = await inDoubt(commit(newAppid()));
    const before = await stored(id);
    const { code, violations } = await refusalOf(resolve({ id, resolvedBy: '', reason: '', auditId: -1n }));
    expect(code).toBe('INVALID_ARGUMENT');
    expect(await stored(id)).toEqual(before);
    expect(violations.map(({ field }) => field)).toEqual(['resolution', 'resolved_by', 'reason', 'audit_id']);
  });
});
