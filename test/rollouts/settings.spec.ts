import { expect, it } from '@jest/globals';
import { type DeepPartial, MiniProgramSettings, RolloutStep, RolloutStopRule_Cause } from '@wxa/contracts';
import { Journey } from '../journeys/journey.js';
import { useSharedWorld, world } from '../use-world.js';
import { newAppids } from './rollout-steps.js';

useSharedWorld('rollouts');

const rollouts = new Journey(() => world);
/** No other rollout uses them: what WeChat detects in the code depends on the template. */
const [COVERED, UNCOVERED] = [801n, 802n];
const { ROLLOUT_STEP_SETTINGS: SETTINGS } = RolloutStep;

function store(appid: string, settings: DeepPartial<MiniProgramSettings>): Promise<object[]> {
  const json = MiniProgramSettings.toJSON(MiniProgramSettings.fromPartial(settings));
  const values = [`APPID:${appid}`, JSON.stringify(json)];
  return world.sql('insert into settings_layers (scope, version, settings) values ($1, 1, $2)', values);
}

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
}, 60_000);

it('Data without a text in the guide, refused domains and missing values fail targets before an audit is used', async () => {
  const [uncovered = '', refused = '', incomplete = ''] = newAppids(3);
  await world.sim.patchPlatform({
    templatePrivacy: { [String(UNCOVERED)]: ['UserInfo', 'Album'] },
    noIcpDomains: [host(refused)],
  });
  await store(uncovered, settingsOf(uncovered));
  const serverDomains = { request: [`https://${host(refused)}`, 'https://api.example.com'] };
  await store(refused, { ...settingsOf(refused), serverDomains });
  await store(incomplete, { ...settingsOf(incomplete), requiredExtPointers: ['/ext/key'] });
  const { id } = await rollouts.create([uncovered, refused, incomplete], {
    ...{ templateId: UNCOVERED, settings: {} },
    stopRules: [{ cause: RolloutStopRule_Cause.CAUSE_ANY, count: 100 }],
  });
  await rollouts.untilEnd(id, 'SETTINGS FAILED', 'SETTINGS FAILED', 'COMMIT FAILED');
  const errors = (await rollouts.targets(id)).map(({ error }) => `${error?.reason}: ${error?.errmsg}`);
  expect(errors).toEqual([
    'PRIVACY_TEXT_MISSING: the privacy guide does not cover: Album',
    `DOMAINS_REFUSED: WeChat refused these domains: https://${host(refused)}`,
    'EXT_VALUE_MISSING: ext.json has no value at /ext/key',
  ]);
  for (const appid of [uncovered, refused])
    expect(await world.sim.calls({ appid, api: 'wxa/submit_audit' })).toEqual([]);
  expect(await world.sim.calls({ appid: incomplete })).toEqual([]);
}, 60_000);

it('A rollout of settings alone needs no version, and a mini-program without code fails its guide', async () => {
  const [appid = ''] = newAppids(1);
  await store(appid, settingsOf(appid));
  const { id } = await rollouts.create([appid], {
    ...{ firstStep: SETTINGS, lastStep: SETTINGS, settings: {}, userVersion: '', templateId: 0n },
  });
  await rollouts.untilEnd(id, 'SETTINGS FAILED');
  expect((await rollouts.targets(id))[0]?.error?.reason).toBe('COMMIT_MISSING');
  expect(await changes(appid)).toEqual(['wxa/modify_domain', 'wxa/setwebviewdomain']);
}, 60_000);
