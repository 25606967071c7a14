import { afterAll, expect, it } from '@jest/globals';
import { ListMiniProgramsRequest, type ListMiniProgramsResponse, RolloutStep } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { DONE, Journey, openAppid } from '../journeys/journey.js';
import { newcomer, programOf } from '../journeys/newcomers.js';
import { useSharedWorld, world } from '../use-world.js';
import { unary } from '../world.js';
import { storeLayer } from './layers.js';

useSharedWorld('component');
afterAll(async () => {
  await world.sim.patchPlatform({ serverDomains: null });
  await world.sql('truncate settings_layers, settings_versions, platform_domains');
});

const rollouts = new Journey(() => world);
const SKIPPED = 'READINESS SKIPPED';

const refresh = (appid: string) =>
  unary<object>(world.fleet, 'refreshMiniProgram', { appid, requestId: '', parts: [] });
const errorOf = async (id: string) => (await rollouts.targets(id))[0]?.error;

it('A domain that is changed between its set and the release is drift, which the target, the counts of the rollout and the inventory show', async () => {
  const appid = await newcomer(world, 6, openAppid());
  const domain = `https://${appid}.example.com`;
  await storeLayer(world, `APPID:${appid}`, { serverDomains: { request: [domain] } });
  const { id } = await rollouts.create([appid], { settings: {} });
  await rollouts.untilPlaces(id, 'AUDIT WAITING AUDIT');
  const lists = { wsrequestdomain: [], uploaddomain: [], downloaddomain: [], udpdomain: [], tcpdomain: [] };
  const body = { action: 'set', requestdomain: ['https://other.example.com'], ...lists };
  await world.sim.byHand(appid, { api: 'wxa/modify_domain', body });
  await world.sim.decide(appid, { decision: 'approve' });
  await rollouts.untilEnd(id, DONE);
  expect((await rollouts.target(id, appid)).driftedDomains).toEqual([domain]);
  expect(await rollouts.get(id)).toMatchObject({ driftedTargets: 1 });
  expect(await rollouts.targets(id, { drifted: true })).toMatchObject([{ appid }]);
  const drifted = ListMiniProgramsRequest.fromPartial({ rolloutId: id, drifted: true });
  await eventually(async () => {
    const { miniPrograms } = await unary<ListMiniProgramsResponse>(world.fleet, 'listMiniPrograms', drifted);
    return miniPrograms.some((one) => one.appid === appid);
  });
});

it('A domain of a label that the platform has not registered is named before the commit, and pauses a rollout that meets it', async () => {
  const appid = await newcomer(world, 6);
  const label = `label-${appid}`;
  const domain = `${appid}.example.com`;
  await world.sim.patchPlatform({ serverDomains: ['registered.example.com'] });
  await world.call('GetPlatformDomains', {});
  await world.sql('update authorizers set labels = $2 where appid = $1', [appid, [label]]);
  await storeLayer(world, `LABEL:${label}`, { serverDomains: { request: [`https://${domain}`] } });
  await refresh(appid);

  const { id } = await rollouts.create([appid], { readiness: {}, settings: {} }, false);
  const { findings } = await rollouts.ask('getRolloutPlan', { id });
  const unregistered = { reason: 'DOMAIN_NOT_REGISTERED', blocking: false, targets: 1 };
  expect(findings).toContainEqual(expect.objectContaining(unregistered));
  await rollouts.ask('startRollout', { id });
  await rollouts.untilEnd(id, SKIPPED);
  expect((await errorOf(id))?.errmsg).toBe(
    `DOMAINS: The platform has not registered these domains: https://${domain}.`,
  );
  expect(await rollouts.effects(appid)).toEqual([]);

  const unchecked = await rollouts.create([appid], { settings: {} });
  const paused = await rollouts.until(unchecked.id, 'PAUSED');
  expect(paused.pauseDetail).toContain(`the platform has not registered: https://${domain}`);
  await world.sim.patchPlatform({ serverDomains: ['registered.example.com', domain] });
  await rollouts.ask('resumeRollout', { id: unchecked.id });
  await rollouts.untilEnd(unchecked.id, DONE);
});

it('Domains that WeChat refuses fail the target before an audit, and the readiness names them until a set succeeds', async () => {
  const appid = await newcomer(world, 6);
  const [refused, registered] = [`refused.${appid}.example.com`, `${appid}.example.com`];
  await world.sim.patchPlatform({ serverDomains: [refused, registered], noIcpDomains: [refused] });
  await world.call('GetPlatformDomains', {});
  const request = [refused, registered].map((host) => `https://${host}`);
  await storeLayer(world, `APPID:${appid}`, { serverDomains: { request } });
  const { ROLLOUT_STEP_SETTINGS: only } = RolloutStep;
  const steps = { firstStep: only, lastStep: only, userVersion: '', templateId: 0n };
  const { id } = await rollouts.create([appid], { ...steps, settings: {} });
  await rollouts.untilEnd(id, 'SETTINGS FAILED');
  expect((await errorOf(id))?.reason).toBe('DOMAINS_REFUSED');
  const domains = async () => {
    const { readiness } = await programOf(world, appid);
    return readiness?.items.find(({ item }) => item === 'READINESS_ITEM_TYPE_DOMAINS');
  };
  const detailZh = `域名被微信拒绝：https://${refused}`;
  await eventually(async () =>
    expect(await domains()).toMatchObject({
      state: 'READINESS_STATE_MISSING',
      acts: 'PARTY_PLATFORM',
      detailZh,
    }),
  );
  await world.sim.patchPlatform({ noIcpDomains: [] });
  await rollouts.ask('retryRollout', { id });
  await rollouts.untilEnd(id, 'SETTINGS SUCCEEDED');
  await eventually(async () => expect((await domains())?.state).not.toBe('READINESS_STATE_MISSING'));
});
