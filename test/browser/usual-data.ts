import { credentials } from '@grpc/grpc-js';
import {
  AuditState,
  type Authorizer,
  AuthorizerState,
  type ListTemplatesResponse,
  type MiniProgram,
  MiniProgramSettings,
  type Operation,
  type Rollout,
  type SetAuthorizerLabelsRequest,
  SettingsClient,
} from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { newAppids, RolloutSteps, SHORT_WAITS } from '../rollouts/rollout-steps.js';
import { unary, type World } from '../world.js';

/** The settings of a platform whose mini-programs authorized it, with the short waits of tests. */
export const COMPONENT = {
  WECHAT_TOKEN_SOURCE: 'component',
  SIM_AUDIT_DELAY_MS: '500',
  WECHAT_TIMEOUT_MS: '800',
  OPERATION_LEASE_MARGIN_MS: '500',
  ...SHORT_WAITS,
};
const HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(1)>';
const LONGEST_VERSION = `3.2.0-${'a1'.repeat(29)}`;
const NO_READS = { api: 'wxa/getversioninfo', kind: 'errcode' as const, errcode: 48001, times: 0 };

/** What a platform in use has: each page has something to show. */
export interface Usual {
  appids: string[];
  done: Rollout;
  held: Rollout;
  draft: Rollout;
  doubt: Operation;
  /** Waits behind the one in doubt. */
  queued: Operation;
  /** Has a live version, and a newer one that was approved. */
  approved: string;
  /** The id of the audit of the first mini-program, which was rejected. */
  audit: bigint;
}

/** Mini-programs that authorized the platform, with labels. */
export async function authorized(world: World, count: number): Promise<string[]> {
  const appids = newAppids(count);
  for (const appid of appids) await world.sim.authorize(appid, { permissionSets: [17, 18] });
  for (const [i, appid] of appids.entries()) {
    await eventually(async () => {
      const { state } = await unary<Authorizer>(world.authorizers, 'getAuthorizer', { appid });
      return state === AuthorizerState.AUTHORIZER_STATE_AUTHORIZED;
    });
    const labels: SetAuthorizerLabelsRequest = { appid, labels: i % 2 === 0 ? ['餐饮', '活跃'] : ['零售'] };
    await unary(world.authorizers, 'setAuthorizerLabels', labels);
  }
  return appids;
}

/** Adds two templates to the library; returns the one that forms do not offer. */
export async function twoTemplates(world: World): Promise<bigint> {
  // Until the first ticket has come, there is no token.
  for (const draftId of [1n, 2n])
    await eventually(async () => {
      const { state } = await world.run('AddTemplate', { draftId, templateType: 0 });
      return state === 'OPERATION_STATE_SUCCEEDED';
    });
  const { templates } = (await world.call('ListTemplates', {})) as ListTemplatesResponse;
  return templates.map(({ templateId }) => templateId).toSorted()[0] ?? 0n;
}

/** Uploads a version, and waits until it is approved. */
export async function approve(world: World, appid: string, userVersion: string): Promise<void> {
  await world.run('Commit', { appid, templateId: 1n, userVersion });
  await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
  await eventually(async () => {
    const { audit } = await unary<MiniProgram>(world.fleet, 'getMiniProgram', { appid });
    return audit?.userVersion === userVersion && audit.state === AuditState.AUDIT_STATE_APPROVED;
  });
}

/** The settings of all mini-programs: something of each kind. */
async function addSettings(world: World): Promise<void> {
  const layers = new SettingsClient(world.stack.addresses.grpc, credentials.createInsecure());
  const purposes = [{ key: 'UserInfo', text: '用于显示会员的头像和昵称' }];
  await unary(layers, 'putSettingsLayer', {
    scope: { scope: { $case: 'platform', value: true } },
    settings: MiniProgramSettings.fromPartial({
      serverDomains: { request: ['https://api.example.cn'], upload: ['https://files.example.cn'] },
      webviewDomains: ['https://h5.example.cn'],
      privacyGuide: { owner: { phone: '021-12345678' }, purposes, sdks: [{ name: '地图', purposes }] },
      extJson: '{"ext":{"city":"上海"}}',
      interfaces: [{ apiName: 'wx.getLocation' }],
    }),
    order: 0,
    expectedVersion: 0n,
    reason: '统一域名',
  });
  layers.close();
}

/** A completed rollout with a failure, one that waits at a gate, a draft, an operation in doubt, open audits, settings. */
export async function usualData(world: World): Promise<Usual> {
  const rollouts = new RolloutSteps(() => world);
  const appids = await authorized(world, 12);
  const [rejected = '', unclear = '', open = '', ...others] = appids;
  await world.sim.patchPlatform({
    auditRules: [
      { appid: rejected, decision: 'reject', reason: `1：小程序内容不符合规则：<br>(1) ${HOSTILE}` },
      { appid: open, decision: 'approve', delayMs: 3_600_000 },
    ],
  });
  await world.run('Commit', { appid: open, templateId: 1n, userVersion: '3.2.0' });
  await world.run('SubmitAudit', { appid: open, items: [AUDIT_ITEM] });
  const first = await rollouts.create([rejected, ...others.slice(0, 5)], { name: '春季版 3.1.0' });
  const done = await rollouts.until(first.id);
  const count = (value: number) => ({ size: { $case: 'count' as const, value } });
  const held = await rollouts.create(others, {
    name: '春季版 3.2.0',
    userVersion: LONGEST_VERSION,
    waves: [count(5), { ...count(5), submitGate: { manual: true } }],
  });
  const draft = await rollouts.create(others.slice(0, 3), { name: HOSTILE }, false);
  await world.sim.addFault({ ...NO_READS, appid: unclear });
  await world.sim.addFault({ api: 'wxa/commit', appid: unclear, kind: 'lost' });
  const doubt = await world.run('Commit', {
    appid: unclear,
    templateId: 1n,
    userVersion: '3.2.0',
    userDesc: HOSTILE,
  });
  const queued = await world.change('Commit', { appid: unclear, templateId: 1n, userVersion: '3.2.1' });
  await eventually(async () =>
    (await rollouts.get(held.id)).counts.some(
      ({ count, state }) => count === 5 && state.endsWith('SUCCEEDED'),
    ),
  );
  const [, approved = ''] = others;
  await approve(world, approved, '3.3.0');
  await world.sim.patchPlatform({ auditQuota: { rest: 0 } });
  await world.run('Commit', { appid: rejected, templateId: 1n, userVersion: '3.2.0' });
  await world.change('SubmitAudit', { appid: rejected, items: [AUDIT_ITEM] });
  await eventually(
    async () => (await world.sql('select from api_limits where stopped_at is not null')).length > 0,
  );
  // Only now: once the library has a template, rollouts need one of it.
  await world.run('AddTemplate', { draftId: 1n });
  const [{ auditId: audit } = { auditId: 0n }] = await rollouts.targets(done.id);
  await addSettings(world);
  return { appids, done, held, draft, doubt, queued, approved, audit };
}
