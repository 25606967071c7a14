import { expect, it } from '@jest/globals';
import { eventually, newAppid, SUCCEEDED, unary, useSharedWorld, world } from '../use-world.js';
import { ask, caseOf, effects, ended } from './change-cases.js';

useSharedWorld('doubts');

const AUDIT_READ = 'wxa/get_latest_auditstatus';

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

it.concurrent('A change in doubt is reconciled although its snapshot read succeeded only at the third attempt', async () => {
  const one = caseOf('UndoAudit');
  const appid = newAppid();
  await one.prepare(world, appid);
  for (const kind of ['reset', 'garbage'] as const)
    await world.sim.addFault({ api: AUDIT_READ, appid, kind });
  await world.sim.addFault({ api: one.api, appid, kind: 'lost' });
  const { id } = await ask(one, world, appid);
  expect(await ended(world, id)).toMatchObject({ state: SUCCEEDED, attempts: 1 });
  expect(await effects(one, world, appid)).toHaveLength(1);
});

it.concurrent('A ChangeVisitStatus in doubt is sent again if its reconciliation read is rejected', async () => {
  const appid = newAppid();
  const one = caseOf('ChangeVisitStatus');
  await one.prepare(world, appid);
  const read = 'wxa/getvisitstatus';
  await world.sim.addFault({ api: read, appid, kind: 'errcode', errcode: 40066, times: 0 });
  await world.sim.addFault({ api: one.api, appid, kind: 'lost', when: 'after' });
  const { id } = await ask(one, world, appid);
  expect(await ended(world, id)).toMatchObject({ state: SUCCEEDED, attempts: 2 });
});
