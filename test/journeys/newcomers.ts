import { expect } from '@jest/globals';
import {
  type DeepPartial,
  type MiniProgram,
  MiniProgramSettings,
  OperationState,
  type Rollout,
  type RolloutContinuous,
  RolloutReadiness_OnNotReady,
} from '@wxa/contracts';
import type { CallEntry } from '@wxa/wechat-sim';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { storeLayer } from '../rollouts/layers.js';
import { unary, type World } from '../world.js';
import { type Journey, REST } from './journey.js';

/** What WeChat detects in the code of this template, which no other rollout uses. */
export const TEMPLATE = 803n;
const DETECTED = 'UserInfo';
const HOST = 'first.example.com';
const PURPOSE = { key: DETECTED, text: '展示头像' };

const SETTINGS = MiniProgramSettings.fromPartial({
  serverDomains: { request: [`https://api.${HOST}`], websocket: [`wss://push.${HOST}`] },
  webviewDomains: [`https://h5.${HOST}`],
  privacyGuide: { owner: { phone: '400', noticeMethod: '弹窗' }, purposes: [PURPOSE] },
  extJson: '{"ext":{"theme":"autumn"}}',
});

/** Registers the platform's domains, and stores a layer for all mini-programs. */
export async function storeNeeds(world: World): Promise<void> {
  await world.sim.patchPlatform({ templatePrivacy: { [String(TEMPLATE)]: [DETECTED] } });
  for (const value of [
    { $case: 'server' as const, value: { domains: [`api.${HOST}`, `push.${HOST}`] } },
    { $case: 'webview' as const, value: { domains: [HOST] } },
  ]) {
    const { state } = await world.run('SetPlatformDomains', { value, publishedTogether: true });
    expect(state).toBe(OperationState.OPERATION_STATE_SUCCEEDED);
  }
  await storeLayer(world, 'PLATFORM', SETTINGS);
}

/** Starts a rollout that takes in each mini-program that authorizes from now on, by default whatever its labels. */
export function openRollout(
  rollouts: Journey,
  match: DeepPartial<RolloutContinuous>['match'] = { $case: 'allAuthorized', value: true },
): Promise<Rollout> {
  return rollouts.ask('createRollout', {
    start: true,
    spec: {
      ...{ name: 'first release', templateId: TEMPLATE, userVersion: '1.0.0', waves: [REST] },
      audit: { itemsFrom: { $case: 'fixed', value: { items: [AUDIT_ITEM] } } },
      readiness: { onNotReady: RolloutReadiness_OnNotReady.ON_NOT_READY_WAIT },
      continuous: { match, onlyUnreleased: true },
    },
  });
}

/** Undoes what has been changed for all mini-programs, and closes the rollout. */
export async function endRollouts(world: World, rollouts: Journey): Promise<void> {
  for (const { id } of await world.sql<{ id: string }>('select id from rollouts where open'))
    await rollouts.ask('cancelRollout', { id });
  await world.sim.patchPlatform({ serverDomains: null, webviewDomains: null, templatePrivacy: {} });
  await world.sql('truncate settings_layers, settings_versions, platform_domains');
}

/** A mini-program that has just authorized the platform, with a filing in that state, and was read. */
export async function newcomer(world: World, status: number, appid = newAppid()): Promise<string> {
  await world.sim.setFiling(appid, { status, push: { none: true } });
  await world.sim.authorize(appid);
  await eventually(async () => (await programOf(world, appid)).observeTime !== undefined);
  return appid;
}

export const programOf = (world: World, appid: string) =>
  unary<MiniProgram>(world.fleet, 'getMiniProgram', { appid });

/** What a mini-program lacks, and who has to act, as `FILING OWNER`. */
export async function missingOf(world: World, appid: string): Promise<string[]> {
  const { readiness } = await programOf(world, appid);
  return (readiness?.items ?? [])
    .filter(({ state }) => state === 'READINESS_STATE_MISSING')
    .map(({ item, acts }) => `${item} ${acts}`.replace('READINESS_ITEM_TYPE_', '').replace('PARTY_', ''));
}

/** The changes of a first release at WeChat, each once and in this order. */
const CHANGES = [
  'wxa/commit',
  'wxa/modify_domain',
  'wxa/setwebviewdomain',
  'cgi-bin/component/setprivacysetting',
  'wxa/submit_audit',
  'wxa/release',
];
/** Calls of a first release, on each API and on that of the versions. */
export const MOST = { calls: 27, versions: 4 };

/** Expects that WeChat has changed each mini-program once, in the right order, and shows what the settings name. */
export async function expectReleased(world: World, appids: string[]): Promise<void> {
  const calls = Map.groupBy(await world.sim.calls(), ({ appid }) => appid);
  for (const appid of appids) {
    expect(changesOf(calls.get(appid) ?? [])).toEqual(CHANGES);
    const { setup } = await world.sim.app(appid);
    expect(setup.domains.effective).toEqual({
      ...{ requestdomain: [`https://api.${HOST}`], wsrequestdomain: [`wss://push.${HOST}`] },
      ...{ uploaddomain: [], downloaddomain: [], udpdomain: [], tcpdomain: [] },
      webviewdomain: [`https://h5.${HOST}`],
    });
    expect(setup.liveGuide?.setting_list).toEqual([{ privacy_key: DETECTED, privacy_text: PURPOSE.text }]);
  }
}

/** How often WeChat was called for each mini-program, and for the versions of all. */
export async function countCalls(
  world: World,
  appids: string[],
): Promise<{ each: number[]; versions: number }> {
  const counts = await world.sim.callCounts();
  const of = (appid: string) => counts[appid] ?? {};
  const sum = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0);
  return {
    each: appids.map((appid) => sum(Object.values(of(appid)))),
    versions: sum(appids.map((appid) => of(appid)['wxa/getversioninfo'] ?? 0)),
  };
}

/** The calls that changed a mini-program, without those for its tokens. */
export const changesOf = (calls: CallEntry[]) =>
  calls.flatMap(({ api, effect }) => (effect === null || api.includes('/api_') ? [] : [api]));
