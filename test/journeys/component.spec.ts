import { expect, it } from '@jest/globals';
import { newAppids } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { authorized, DONE, Journey, release } from './journey.js';

useSharedWorld('component');

const rollouts = new Journey(() => world);

const live = async (appid: string) =>
  (await world.sim.apps()).find((app) => app.appid === appid)?.liveVersion ?? null;

it.concurrent('Released versions are reverted, replaced ones are left, and one without an earlier version is skipped', async () => {
  const [released, replaced, first] = await authorized(world, ...(newAppids(3) as [string, string, string]));
  for (const appid of [released, replaced]) await release(world, appid, '1.0.0');
  const { id } = await rollouts.create([released, replaced, first]);
  await rollouts.until(id);
  await release(world, replaced, '3.0.0');
  const by = { onBehalfOf: 'li', reason: 'crashes' };
  const back = await rollouts.ask('rollbackRollout', { id, ...by });
  expect(back).toMatchObject({ rollbackOf: id, targets: 3, spec: { rollbackOptions: {} } });
  await rollouts.untilEnd(back.id, DONE, 'ROLL_BACK SKIPPED', 'ROLL_BACK SKIPPED');
  const errmsg = expect.stringContaining('the live version is "3.0.0"');
  expect((await rollouts.targets(back.id)).slice(1)).toMatchObject([
    {
      error: {
        ...{ reason: 'VERSION_MISMATCH', errmsg },
        arguments: { subject: 'LIVE_VERSION', found: '3.0.0' },
      },
    },
    { error: { errcode: 87012 } },
  ]);
  expect([await live(released), await live(replaced)]).toEqual(['1.0.0', '3.0.0']);
  expect(await rollouts.get(id)).toMatchObject({
    state: 'ROLLOUT_STATE_COMPLETED',
    rolledBackBy: back.id,
  });
  const [entry] = (await rollouts.journal(id)).slice(-1);
  expect(entry).toMatchObject({ type: 'ROLLOUT_CHANGE_TYPE_ROLLED_BACK', ...by });
});
