import { describe, expect, it } from '@jest/globals';
import type { FaultOrder } from '@wxa/wechat-sim';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { useSharedWorld, world } from '../use-world.js';
import { unary } from '../world.js';
import { ask, CHANGE_CASES, type ChangeCase, effects, ended } from './change-cases.js';

useSharedWorld('doubts');

const SUCCEEDED = 'OPERATION_STATE_SUCCEEDED';
const caseOf = (method: string) => CHANGE_CASES.find((one) => one.method === method) as ChangeCase;

describe('operations in doubt', () => {
  it.concurrent('A change that reads cannot confirm stays IN_DOUBT until it is resolved, while later changes wait and queries pass', async () => {
    const appid = newAppid();
    await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
    await world.sim.addFault({ api: 'wxa/getversioninfo', appid, kind: 'errcode', errcode: 48001, times: 0 });
    await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'lost' });
    const inDoubt = await world.run('Commit', { appid, templateId: 1n, userVersion: '1.1' });
    const unclear = { reason: 'CONNECTION_RESET', retryable: false };
    expect(inDoubt).toMatchObject({ state: 'OPERATION_STATE_IN_DOUBT', attempts: 1, error: unclear });
    await eventually(() => world.messages('OperationInDoubt', appid).length === 1);
    const [event] = world.messages('OperationInDoubt', appid);
    expect(event).toHaveProperty('json.operation.error.reason', 'CONNECTION_RESET');
    expect(event).not.toHaveProperty('json.operation.error.retryable');
    expect(event?.headers).toMatchObject({ ce_method: 'Commit', ce_state: 'IN_DOUBT', ce_kind: 'change' });
    const later = await world.change('Commit', { appid, templateId: 1n, userVersion: '1.2' });
    await eventually(async () => (await world.get(later.id)).blockedBy === inDoubt.id);
    const unresolved = `select from operations where id = $1 and asks > 0 and ask_at is null`;
    await eventually(async () => (await world.sql(unresolved, [inDoubt.id])).length === 1);
    expect(await world.call('ListPages', { appid })).toMatchObject({ pages: expect.any(Array) });
    const left = { state: 'OPERATION_STATE_IN_DOUBT', awaitingResolution: true };
    expect(await world.get(inDoubt.id)).toMatchObject(left);
    const author = { resolvedBy: 'me', reason: 'saw it', auditId: 0n };
    const resolve = { id: inDoubt.id, resolution: 'RESOLUTION_DONE', ...author };
    expect(await unary(world.operations, 'resolveOperation', resolve)).toMatchObject({ state: SUCCEEDED });
    expect(await world.wait(later.id)).toMatchObject({ state: SUCCEEDED, blockedBy: '' });
    expect(await effects(caseOf('Commit'), world, appid)).toEqual(['commit 1.0', 'commit 1.1', 'commit 1.2']);
  });

  it.concurrent('Reconciliation is repeated while WeChat is busy, and a manual resolution overrides a reconciliation in progress', async () => {
    const one = caseOf('SetSupportVersion');
    const [reconciled, resolved] = [newAppid(), newAppid()];
    const read = 'cgi-bin/wxopen/getweappsupportversion';
    await world.sim.addFault({ api: read, appid: reconciled, kind: 'busy', times: 2 });
    const held = await world.sim.addFault({ api: read, appid: resolved, kind: 'hang', times: 0 });
    for (const appid of [reconciled, resolved])
      await world.sim.addFault({ api: one.api, appid, kind: 'lost' });
    const [first, second] = [await ask(one, world, reconciled), await ask(one, world, resolved)];
    await eventually(async () => (await world.sim.fault(held.id)).held > 0);
    const author = { resolvedBy: 'me', reason: 'saw that it was not', auditId: 0n };
    await unary(world.operations, 'resolveOperation', {
      id: second.id,
      resolution: 'RESOLUTION_NOT_DONE',
      ...author,
    });
    await world.sim.clearFaults(held.id);
    await eventually(async () =>
      (await world.sim.calls({ appid: resolved, api: read })).every((c) => c.endedAt),
    );
    expect(await world.get(second.id)).toMatchObject({
      state: 'OPERATION_STATE_FAILED',
      error: { reason: 'RESOLVED_NOT_DONE' },
    });
    expect(await ended(world, first.id)).toMatchObject({ state: SUCCEEDED, attempts: 1 });
  });

  it.concurrent('Reconciliation is postponed and repeated if the daily quota of its read is used up', async () => {
    const one = caseOf('Commit');
    const appid = newAppid();
    await one.prepare(world, appid);
    const read = { api: 'wxa/getversioninfo', appid, kind: 'errcode', errcode: 45009, times: 0 } as const;
    const { id: fault } = await world.sim.addFault(read);
    await world.sim.addFault({ api: one.api, appid, kind: 'lost', when: 'after' });
    const { id } = await ask(one, world, appid);
    const waits = `select from operations where id = $1 and asks > 1 and ask_at > now() + interval '50 seconds'`;
    await eventually(async () => (await world.sql(waits, [id])).length === 1);
    const reconciled = { state: 'OPERATION_STATE_IN_DOUBT', awaitingResolution: false };
    expect(await world.get(id)).toMatchObject(reconciled);
    await world.sim.clearFaults(fault);
    await world.sql('update operations set ask_at = now() where id = $1', [id]);
    expect(await ended(world, id)).toMatchObject({ state: SUCCEEDED, attempts: 1 });
  });

  it.concurrent('A change in doubt is reconciled although its snapshot read succeeded only at the sixth attempt', async () => {
    const one = caseOf('UndoAudit');
    const appid = newAppid();
    await one.prepare(world, appid);
    const read = 'wxa/get_latest_auditstatus';
    for (const kind of ['status', 'reset', 'busy', 'garbage', 'garbage'] as const)
      await world.sim.addFault({ api: read, appid, kind });
    await world.sim.addFault({ api: one.api, appid, kind: 'lost' });
    const undo = await ask(one, world, appid);
    // The five retries may take 16 s, followed by the time-out.
    expect(await ended(world, undo.id, 30_000)).toMatchObject({ state: SUCCEEDED, attempts: 1 });
    expect(await effects(one, world, appid)).toHaveLength(1);
  });

  it.concurrent.each([85058, 85012, 86001])(
    'A SubmitAudit in doubt is reconciled if its snapshot read returned %i because there was no audit',
    async (errcode) => {
      const appid = newAppid();
      const read = 'wxa/get_latest_auditstatus';
      await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
      await world.sim.addFault({ api: read, appid, kind: 'errcode', errcode });
      await world.sim.addFault({ api: 'wxa/submit_audit', appid, kind: 'lost', when: 'after' });
      const submit = await ask(caseOf('SubmitAudit'), world, appid);
      expect(await ended(world, submit.id)).toMatchObject({ state: SUCCEEDED, attempts: 1 });
    },
    60_000,
  );

  it.concurrent.each<[string, FaultOrder]>([
    ['is rejected', { api: 'wxa/getvisitstatus', kind: 'errcode', errcode: 40066, times: 0 }],
    ['is answered with HTTP 404', { api: 'wxa/getvisitstatus', kind: 'status', status: 404, times: 0 }],
  ])(
    'A ChangeVisitStatus in doubt is sent again if its reconciliation read %s',
    async (_what, failure) => {
      const appid = newAppid();
      const one = caseOf('ChangeVisitStatus');
      await one.prepare(world, appid);
      await world.sim.addFault({ ...failure, appid } as FaultOrder);
      await world.sim.addFault({ api: one.api, appid, kind: 'lost', when: 'after' });
      const change = await ask(one, world, appid);
      expect(await ended(world, change.id)).toMatchObject({ state: SUCCEEDED, attempts: 2 });
    },
    60_000,
  );

  it.concurrent('A SubmitAudit answered with -1 is not sent again while its reconciliation read has no answer', async () => {
    const one = caseOf('SubmitAudit');
    const appid = newAppid();
    await one.prepare(world, appid);
    await world.sim.addFault({ api: one.api, appid, kind: 'busy', when: 'after' });
    const submit = await ask(one, world, appid);
    await eventually(async () => (await world.get(submit.id)).attempts === 1);
    await world.sim.addFault({ api: 'wxa/get_latest_auditstatus', appid, kind: 'reset', times: 2 });
    expect(await ended(world, submit.id)).toMatchObject({ state: SUCCEEDED, attempts: 1 });
    expect(await effects(one, world, appid)).toHaveLength(2);
  });

  it.concurrent('A SubmitAudit whose retry is rejected with 85009 fails if the open audit is not its own', async () => {
    const appid = newAppid();
    await caseOf('UndoAudit').prepare(world, appid);
    await world.sim.addFault({ api: 'wxa/submit_audit', appid, kind: 'busy', when: 'before' });
    const again = await ask(caseOf('SubmitAudit'), world, appid);
    expect(await ended(world, again.id)).toMatchObject({
      state: 'OPERATION_STATE_FAILED',
      attempts: 2,
      error: { errcode: 85009 },
    });
  });

  it.concurrent('An operation in doubt that was not executed fails with DEADLINE once its deadline has passed', async () => {
    const one = caseOf('SetSupportVersion');
    const appid = newAppid();
    await world.sim.addFault({ api: one.api, appid, kind: 'reset', when: 'before' });
    // Keeps it in doubt until its deadline has passed.
    const read = { api: 'cgi-bin/wxopen/getweappsupportversion', appid, kind: 'busy', times: 0 } as const;
    const { id: busy } = await world.sim.addFault(read);
    const late = await ask(one, world, appid);
    await eventually(async () => (await world.get(late.id)).state === 'OPERATION_STATE_IN_DOUBT');
    await world.sql(`update operations set started_at = now() - interval '1 hour' where id = $1`, [late.id]);
    await world.sim.clearFaults(busy);
    expect(await ended(world, late.id)).toMatchObject({
      state: 'OPERATION_STATE_FAILED',
      attempts: 1,
      error: { reason: 'DEADLINE' },
    });
  });
});
