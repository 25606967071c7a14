import { expect, it } from '@jest/globals';
import { RolloutGateType, RolloutStep } from '@wxa/contracts';
import { logged } from '../app-log.js';
import { eventually } from '../eventually.js';
import { count, Journey, REST } from '../journeys/journey.js';
import { scrape } from '../metrics/exposition.js';
import { useSharedWorld, world } from '../use-world.js';
import { storeLayer } from './layers.js';
import { newAppids } from './rollout-steps.js';

useSharedWorld('rollouts');

const rollouts = new Journey(() => world);
const { ROLLOUT_STEP_SETTINGS: SETTINGS } = RolloutStep;

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

/** The APIs that changed something at WeChat, in order. */
const changes = async (appid: string) =>
  (await world.sim.calls({ appid })).flatMap(({ api, effect }) => (effect === null ? [] : [api]));

it('A layer that changes during a rollout is applied by what is accepted from then on, fingerprints show who has which, and a rollout of settings levels them', async () => {
  const [early = '', late = ''] = newAppids(2);
  const label = `label-${early}`;
  await world.sql(
    `insert into authorizers (appid, state, permission_sets, labels) select unnest($1::text[]), 'AUTHORIZED', '{18}', array[$2]`,
    [[early, late], label],
  );
  const layer = async (name: string) => {
    await world.sql('delete from settings_layers where scope = $1', [`LABEL:${label}`]);
    const request = [`https://${name}.${early}.example.com`];
    await storeLayer(world, `LABEL:${label}`, { serverDomains: { request } });
  };
  await layer('one');
  const waves = [count(1), { ...REST, submitGate: { manual: true } }];
  const { id } = await rollouts.create([early, late], { waves, settings: {}, lastStep: SETTINGS });
  await rollouts.untilPlaces(id, 'SETTINGS SUCCEEDED', 'COMMIT PENDING');
  await layer('two');
  await rollouts.ask('advanceRollout', { id, gate: RolloutGateType.ROLLOUT_GATE_TYPE_SUBMIT, wave: 2 });
  await rollouts.untilEnd(id, 'SETTINGS SUCCEEDED', 'SETTINGS SUCCEEDED');
  const fingerprints = async (of: string) =>
    new Set((await rollouts.targets(of)).map(({ settingsFingerprint }) => settingsFingerprint));
  expect((await fingerprints(id)).size).toBe(2);

  const again = await rollouts.create([early, late], {
    ...{ firstStep: SETTINGS, lastStep: SETTINGS, settings: {}, userVersion: '', templateId: 0n },
  });
  await rollouts.untilEnd(again.id, 'SETTINGS SUCCEEDED', 'SETTINGS SUCCEEDED');
  expect((await fingerprints(again.id)).size).toBe(1);
  expect([await changes(early), await changes(late)]).toEqual([
    ['wxa/commit', 'wxa/modify_domain', 'wxa/modify_domain'],
    ['wxa/commit', 'wxa/modify_domain'],
  ]);
});
