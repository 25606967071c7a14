import { expect, it } from '@jest/globals';
import { RolloutGateType, RolloutStep } from '@wxa/contracts';
import { count, Journey, REST } from '../journeys/journey.js';
import { useSharedWorld, world } from '../use-world.js';
import { storeLayer } from './layers.js';
import { newAppids } from './rollout-steps.js';

useSharedWorld('rollouts');

const rollouts = new Journey(() => world);
const { ROLLOUT_STEP_SETTINGS: SETTINGS } = RolloutStep;

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
