import { afterAll, expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { storeLayer } from '../rollouts/layers.js';
import { useSharedWorld, world } from '../use-world.js';
import { Journey, placeOf } from './journey.js';
import {
  changesOf,
  countCalls,
  endRollouts,
  expectReleased,
  MOST,
  missingOf,
  openRollout,
  programOf,
  storeNeeds,
} from './newcomers.js';

useSharedWorld('component');

const rollouts = new Journey(() => world);
afterAll(() => endRollouts(world, rollouts));
const [ALL, UNFILED, WITHOUT_CATEGORY] = [20, 2, 1];

it('Customers who authorize go live by themselves, and those without a filing or a category wait and go live once they have it', async () => {
  await storeNeeds(world);
  const uncovered = newAppid();
  await storeLayer(world, `APPID:${uncovered}`, {
    privacyGuide: { purposes: [{ key: 'UserInfo', text: '' }] },
  });
  const { id } = await openRollout(rollouts);
  const appids = await world.sim.authorizeMany({
    ...{ count: ALL, unfiled: UNFILED, withoutCategory: WITHOUT_CATEGORY },
  });
  await world.sim.authorize(uncovered);
  const unfiled = appids.slice(ALL - UNFILED);
  const [empty = ''] = appids.slice(ALL - UNFILED - WITHOUT_CATEGORY);
  const ready = appids.slice(0, ALL - UNFILED - WITHOUT_CATEGORY);
  const areAt = (some: string[], place: string) =>
    eventually(async () => {
      const places = new Map((await rollouts.targets(id)).map((target) => [target.appid, placeOf(target)]));
      expect(some.map((appid) => places.get(appid))).toEqual(some.map(() => place));
    }, 60_000);

  await areAt(ready, 'VERIFY SUCCEEDED');
  await areAt([...unfiled, empty], 'READINESS WAITING READINESS');
  for (const appid of unfiled) expect(await missingOf(world, appid)).toEqual(['FILING OWNER']);
  expect(await missingOf(world, empty)).toEqual(['CATEGORY OWNER']);
  const { readiness } = await programOf(world, unfiled[0] ?? '');
  expect(readiness?.items.map(({ detailZh }) => detailZh)).toContainEqual(
    expect.stringContaining('小程序尚未完成备案'),
  );
  await areAt([uncovered], 'SETTINGS FAILED');
  expect(changesOf(await world.sim.calls({ appid: uncovered }))).not.toContain('wxa/submit_audit');

  // The service reads a mini-program at most once a minute by itself.
  await world.sql(`update mini_programs set read_at = now() - interval '1 minute' where appid = any($1)`, [
    unfiled,
  ]);
  for (const appid of unfiled) await world.sim.setFiling(appid, { status: 6 });
  await areAt(unfiled, 'VERIFY SUCCEEDED');
  const live = [...ready, ...unfiled];
  await expectReleased(world, live);
  const { each, versions } = await countCalls(world, live);
  expect(Math.max(...each)).toBeLessThanOrEqual(MOST.calls);
  expect(versions).toBeLessThanOrEqual(MOST.versions * live.length);
  expect(changesOf(await world.sim.calls({ appid: empty }))).toEqual([]);
}, 300_000);
