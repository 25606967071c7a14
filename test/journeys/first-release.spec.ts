import { afterEach, expect, it } from '@jest/globals';
import type { CreateAuthorizationLinkResponse } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { storeLayer } from '../rollouts/layers.js';
import { useSharedWorld, world } from '../use-world.js';
import { Journey, placeOf, release } from './journey.js';
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
afterEach(() => endRollouts(world, rollouts));
const [ALL, UNFILED, WITHOUT_CATEGORY] = [20, 2, 1];

/** Waits until these targets of a rollout are in a place. */
const areAt = (id: string, appids: string[], place: string) =>
  eventually(async () => {
    const places = new Map((await rollouts.targets(id)).map((target) => [target.appid, placeOf(target)]));
    expect(appids.map((appid) => places.get(appid))).toEqual(appids.map(() => place));
  });

it('Customers who authorize go live by themselves, those without a filing or a category wait and go live once they have it, and one with a live version is skipped', async () => {
  await storeNeeds(world);
  const [uncovered, released] = [newAppid(), newAppid()];
  await release(world, released, '0.9.0');
  await storeLayer(world, `APPID:${uncovered}`, {
    privacyGuide: { purposes: [{ key: 'UserInfo', text: '' }] },
  });
  const { id } = await openRollout(rollouts);
  const appids = await world.sim.authorizeMany({
    ...{ count: ALL, unfiled: UNFILED, withoutCategory: WITHOUT_CATEGORY },
  });
  for (const appid of [uncovered, released]) await world.sim.authorize(appid);
  const unfiled = appids.slice(ALL - UNFILED);
  const [empty = ''] = appids.slice(ALL - UNFILED - WITHOUT_CATEGORY);
  const ready = appids.slice(0, ALL - UNFILED - WITHOUT_CATEGORY);

  await areAt(id, ready, 'VERIFY SUCCEEDED');
  await areAt(id, [released], 'READINESS SKIPPED');
  expect((await rollouts.target(id, released)).error).toMatchObject({ reason: 'ALREADY_RELEASED' });
  await areAt(id, [...unfiled, empty], 'READINESS WAITING READINESS');
  for (const appid of unfiled) expect(await missingOf(world, appid)).toEqual(['FILING OWNER']);
  expect(await missingOf(world, empty)).toEqual(['CATEGORY OWNER']);
  const { readiness } = await programOf(world, unfiled[0] ?? '');
  expect(readiness?.items.map(({ detailZh }) => detailZh)).toContainEqual(
    expect.stringContaining('小程序尚未完成备案'),
  );
  await areAt(id, [uncovered], 'SETTINGS FAILED');
  expect(changesOf(await world.sim.calls({ appid: uncovered }))).not.toContain('wxa/submit_audit');

  // The service reads a mini-program at most once a minute by itself.
  await world.sql(`update mini_programs set read_at = now() - interval '1 minute' where appid = any($1)`, [
    unfiled,
  ]);
  for (const appid of unfiled) await world.sim.setFiling(appid, { status: 6 });
  await areAt(id, unfiled, 'VERIFY SUCCEEDED');
  const live = [...ready, ...unfiled];
  await expectReleased(world, live);
  const { each, versions } = await countCalls(world, live);
  expect(Math.max(...each)).toBeLessThanOrEqual(MOST.calls);
  expect(versions).toBeLessThanOrEqual(MOST.versions * live.length);
  expect(changesOf(await world.sim.calls({ appid: empty }))).toEqual([]);
});

it('A customer who authorizes by a link with labels becomes a target of the rollout of these labels', async () => {
  const label = newAppid();
  const all = await openRollout(rollouts);
  const { id } = await openRollout(rollouts, { $case: 'labels', value: { labels: [label] } });
  const request = { redirectUri: 'https://platform.example/authorized', labels: [label] };
  const link = (await world.call('CreateAuthorizationLink', request)) as CreateAuthorizationLinkResponse;
  const appid = newAppid();
  await world.sim.authorize(appid, { preAuthCode: link.preAuthCode });
  await areAt(id, [appid], 'VERIFY SUCCEEDED');
  expect(await rollouts.targets(all.id)).toEqual([]);
});
