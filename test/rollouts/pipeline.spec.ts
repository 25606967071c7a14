import { expect, it } from '@jest/globals';
import { logged } from '../app-log.js';
import { eventually } from '../eventually.js';
import { Journey } from '../journeys/journey.js';
import { scrape } from '../metrics/exposition.js';
import { useSharedWorld, world } from '../use-world.js';
import { newAppids } from './rollout-steps.js';

useSharedWorld('rollouts');

const rollouts = new Journey(() => world);

/** How many targets have passed a step, by the metrics of the workers. */
const passed = async (step: string) => {
  const pages = await Promise.all(world.stack.addresses.workers.map(scrape));
  const series = `wxa_rollout_moves_total{step="${step}",result="passed"}`;
  return pages.reduce((sum, page) => sum + (page.get(series) ?? 0), 0);
};

it('Each mini-program is committed, submitted, released and verified once, every event is published once, and the workers count and log it', async () => {
  const appids = newAppids(5);
  const [committed, verified] = [await passed('COMMIT'), await passed('VERIFY')];
  const { id } = await rollouts.create(appids);
  const rollout = await rollouts.until(id);
  await eventually(async () => {
    expect([await passed('COMMIT'), await passed('VERIFY')]).toEqual([committed + 5, verified + 5]);
  });
  await eventually(async () => {
    const lines = (await Promise.all(world.apps.map((app) => logged(app, 'rollout ')))).flat();
    expect(
      lines
        .filter((line) => line.rollout === id)
        .map(({ msg }) => msg)
        .toSorted(),
    ).toEqual(['rollout completed', 'rollout started']);
  });
  expect(rollout).toMatchObject({
    ...{ submissions: 5, holds: [], endTime: expect.any(Date) },
    counts: [{ step: 'ROLLOUT_STEP_VERIFY', state: 'ROLLOUT_TARGET_STATE_SUCCEEDED', count: 5 }],
  });
  const subjects = [id, ...appids.map(() => expect.stringMatching(`^${id}/wx`)), id, id];
  await eventually(() => expect(rollouts.events(id)).toHaveLength(subjects.length));
  expect(rollouts.events(id)).toMatchObject(subjects.map((ce_subject) => ({ headers: { ce_subject } })));
  for (const appid of appids)
    expect(await rollouts.kinds(appid)).toEqual(['commit', 'submit_audit', 'release']);
});
