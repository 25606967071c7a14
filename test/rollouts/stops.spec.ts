import { credentials } from '@grpc/grpc-js';
import { afterAll, expect, it } from '@jest/globals';
import {
  type ListLanesResponse,
  PlatformClient,
  RolloutGateType,
  type StopApisResponse,
} from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { DONE, Journey, openAppid } from '../journeys/journey.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { pausedBy } from '../release/delayed-for-api.js';
import { useSharedWorld, world } from '../use-world.js';
import { unary } from '../world.js';
import { newAppids } from './rollout-steps.js';

useSharedWorld('rollouts');

const rollouts = new Journey(() => world);
const UNTIL = new Date(Math.ceil(Date.now() / 60_000) * 60_000 + 24 * 3_600_000);
const SUCCEEDED = 'OPERATION_STATE_SUCCEEDED';

const platform = () => new PlatformClient(world.stack.addresses.grpc, credentials.createInsecure());
const stopForward = () =>
  unary<StopApisResponse>(platform(), 'stopApis', {
    ...{ scope: 'STOP_SCOPE_UNSPECIFIED', api: '', onBehalfOf: '王小明' },
    ...{ until: UNTIL, reason: 'version 2 is broken' },
  });
const liftAll = () =>
  unary(platform(), 'liftApiStops', {
    ...{ scope: 'STOP_SCOPE_UNSPECIFIED', api: '' },
    ...{ onBehalfOf: '', reason: '' },
  });
afterAll(() => liftAll());

const isHeld = (id: string, api: string) =>
  eventually(async () =>
    expect((await rollouts.get(id)).holds).toMatchObject([{ cause: 'CAUSE_API_STOPPED', api, until: UNTIL }]),
  );
const change = async (...given: Parameters<typeof world.change>) => (await world.change(...given)).id;

it('A stop of forward changes holds commits and releases, says so where they are read, and lets reverts, withdrawals and rollbacks run', async () => {
  const [first = '', second = ''] = newAppids(2);
  for (const _version of [1, 2])
    await rollouts.untilEnd((await rollouts.create([first, second])).id, DONE, DONE);
  const { id: latest } = (await rollouts.ask('listRollouts', { pageSize: 1 })).rollouts[0] ?? { id: '' };
  const [approved = ''] = newAppids(1);
  const gated = await rollouts.create([approved], {
    waves: [{ size: { $case: 'rest', value: true }, releaseGate: { manual: true } }],
  });
  await rollouts.untilPlaces(gated.id, 'RELEASE PENDING');
  const audited = openAppid();
  await world.run('Commit', { appid: audited, templateId: 1n, userVersion: '1.0' });
  await world.run('SubmitAudit', { appid: audited, items: [AUDIT_ITEM] });

  await stopForward();
  await rollouts.ask('advanceRollout', {
    id: gated.id,
    wave: 1,
    gate: RolloutGateType.ROLLOUT_GATE_TYPE_RELEASE,
  });
  await isHeld(gated.id, 'wxa/release');
  const waiting = await rollouts.create(newAppids(1));
  await isHeld(waiting.id, 'wxa/commit');
  await eventually(async () => expect(await pausedBy(world, 'wxa/commit')).toEqual([true, true]));
  const [byHand = ''] = newAppids(1);
  const commit = await change('Commit', { appid: byHand, templateId: 1n, userVersion: '1.0' });
  const heldBy = { api: 'wxa/commit', endTime: UNTIL, onBehalfOf: '王小明', reason: 'version 2 is broken' };
  await eventually(async () =>
    expect(await world.get(commit)).toMatchObject({ heldBy, nextAttemptTime: UNTIL }),
  );
  const { lanes } = await unary<ListLanesResponse>(world.operations, 'listLanes', {
    pageSize: 500,
    pageToken: '',
  });
  expect(lanes.find(({ appid }) => appid === byHand)?.head).toMatchObject({ id: commit, heldBy });

  for (const undo of [
    await change('RevertRelease', { appid: first }),
    await change('UndoAudit', { appid: audited }),
  ])
    expect(await world.wait(undo)).toMatchObject({ state: SUCCEEDED });
  const back = await rollouts.ask('rollbackRollout', { id: latest, reason: 'broken' });
  await rollouts.until(back.id);
  expect((await rollouts.kinds(second)).at(-1)).toBe('revert');
  expect(await rollouts.kinds(approved)).not.toContain('release');

  await liftAll();
  expect(await world.wait(commit)).toMatchObject({ state: SUCCEEDED, heldBy: undefined });
  await rollouts.untilEnd(gated.id, DONE);
  await rollouts.untilEnd(waiting.id, DONE);
});
