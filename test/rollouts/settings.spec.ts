import { expect, it } from '@jest/globals';
import { type DeepPartial, type MiniProgramSettings, RolloutGateType, RolloutStep } from '@wxa/contracts';
import { count, Journey, REST } from '../journeys/journey.js';
import { useSharedWorld, world } from '../use-world.js';
import { storeLayer } from './layers.js';
import { newAppids } from './rollout-steps.js';

useSharedWorld('rollouts');

const rollouts = new Journey(() => world);
/** No other rollout uses it: what WeChat detects in the code depends on the template. */
const COVERED = 801n;
const { ROLLOUT_STEP_SETTINGS: SETTINGS } = RolloutStep;

const store = (appid: string, settings: DeepPartial<MiniProgramSettings>) =>
  storeLayer(world, `APPID:${appid}`, settings);

const host = (appid: string) => `${appid}.example.com`;
const settingsOf = (appid: string) => ({
  serverDomains: { request: [`https://${host(appid)}`] },
  webviewDomains: [`https://${host(appid)}`],
  privacyGuide: {
    owner: { email: 'privacy@example.com', noticeMethod: '弹窗' },
    purposes: [{ key: 'UserInfo', text: '展示头像' }],
  },
  extJson: '{"ext":{"shop":7}}',
});

/** The APIs that changed something at WeChat, in order. */
const changes = async (appid: string) =>
  (await world.sim.calls({ appid })).flatMap(({ api, effect }) => (effect === null ? [] : [api]));

it('A rollout applies the settings of each mini-program between commit and submission, and a repeat sets nothing', async () => {
  await world.sim.patchPlatform({ templatePrivacy: { [String(COVERED)]: ['UserInfo'] } });
  const [appid = ''] = newAppids(1);
  await store(appid, settingsOf(appid));
  const spec = { templateId: COVERED, settings: {} };
  const { id } = await rollouts.create([appid], spec);
  await rollouts.untilEnd(id, 'VERIFY SUCCEEDED');
  const released = ['wxa/submit_audit', 'wxa/release'];
  const sets = ['wxa/modify_domain', 'wxa/setwebviewdomain', 'cgi-bin/component/setprivacysetting'];
  expect(await changes(appid)).toEqual(['wxa/commit', ...sets, ...released]);
  const [commit] = await world.sim.calls({ appid, api: 'wxa/commit' });
  const { ext_json } = JSON.parse(commit?.body ?? '{}') as { ext_json: string };
  expect(JSON.parse(ext_json)).toEqual({ ext: { shop: 7 }, extAppid: appid });
  const first = await rollouts.target(id, appid);
  expect(first.settingsFingerprint).toMatch(/^[0-9a-f]{64}$/);

  const { id: repeat } = await rollouts.create([appid], spec);
  await rollouts.untilEnd(repeat, 'VERIFY SUCCEEDED');
  expect(await changes(appid)).toEqual(['wxa/commit', ...sets, ...released, 'wxa/commit', ...released]);
  expect((await rollouts.target(repeat, appid)).settingsFingerprint).toBe(first.settingsFingerprint);
});

it('A layer that changes during a rollout is applied by what is accepted from then on, fingerprints show who has which, and a rollout of settings levels them', async () => {
  const [early = '', late = ''] = newAppids(2);
  const label = `label-${early}`;
  await world.sql(
    `insert into authorizers (appid, state, permission_sets, labels) select unnest($1::text[]), 'AUTHORIZED', '{18}', array[$2]`,
    [[early, late], label],
  );
  const layer = async (name: string) => {
    await world.sql('delete from settings_layers where scope = $1', [`LABEL:${label}`]);
    const request = [`https://${name}.${host(early)}`];
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
