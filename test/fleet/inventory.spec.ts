import { expect, it } from '@jest/globals';
import { type MiniProgram, ReadinessItemType, VisitStatus } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { refusalOf } from '../gateway/calls.js';
import { openAppid } from '../journeys/journey.js';
import { newcomer, programOf } from '../journeys/newcomers.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { useSharedWorld, world } from '../use-world.js';
import { unary } from '../world.js';

useSharedWorld('component');

const program = (appid: string) => programOf(world, appid);
const refresh = (appid: string, parts: string[] = []) =>
  unary<MiniProgram>(world.fleet, 'refreshMiniProgram', {
    appid,
    parts: parts.map((p) => `FLEET_PART_${p}`),
  });

const itemOf = ({ readiness }: MiniProgram, name: keyof typeof ReadinessItemType) =>
  readiness?.items.find(({ item }) => item === ReadinessItemType[name]);

it('A mini-program that withdraws its authorization waits for its owner without a read', async () => {
  const appid = await newcomer(world, 6);
  await world.sim.unauthorize(appid);
  const authorization = async () => itemOf(await program(appid), 'READINESS_ITEM_TYPE_AUTHORIZATION');
  await eventually(async () => (await authorization())?.state === 'READINESS_STATE_MISSING');
  expect(await refusalOf(refresh(appid))).toMatchObject({ reason: 'NOT_AUTHORIZED' });
});

it('A read that fails leaves its item unknown with the error, and the others are stored', async () => {
  const appid = await newcomer(world, 1024);
  await world.sim.addFault({ api: 'wxa/get_category', appid, kind: 'errcode', errcode: 48001, times: 1 });
  await world.sim.setFiling(appid, { status: 6, push: { none: true } });
  const read = await refresh(appid, ['CATEGORY', 'FILING']);
  expect(itemOf(read, 'READINESS_ITEM_TYPE_FILING')).toMatchObject({ state: 'READINESS_STATE_OK' });
  expect(itemOf(read, 'READINESS_ITEM_TYPE_CATEGORY')).toMatchObject({
    ...{ state: 'READINESS_STATE_UNKNOWN', detail: expect.stringContaining('48001') },
  });
});

it('A name that the owner gives after the authorization is shown with the next read of the account', async () => {
  const appid = newAppid();
  await world.sim.patch(appid, { notInitialized: true });
  await newcomer(world, 6, appid);
  expect((await program(appid)).name).toBe('');
  await world.sim.patch(appid, { notInitialized: false });
  expect((await refresh(appid, ['ACCOUNT'])).name).toBe(`小程序${appid.slice(-4)}`);
});

it('A release by hand in the console of WeChat is observed with its template, and an own one is known at once', async () => {
  const appid = await newcomer(world, 6, openAppid());
  const approved = async (userVersion: string, templateId: bigint) => {
    await world.run('Commit', { appid, templateId, userVersion });
    await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
    await world.sim.decide(appid, { decision: 'approve' });
    await eventually(() =>
      world.messages('AuditCompleted', appid).some(({ json }) => json.userVersion === userVersion),
    );
  };
  await approved('1.0', 127n);
  expect(await program(appid)).toMatchObject({
    trial: { userVersion: '1.0', templateId: 127n },
    audit: { userVersion: '1.0', state: 'AUDIT_STATE_APPROVED' },
    live: undefined,
  });
  await world.sim.byHand(appid, { api: 'wxa/release' });
  await world.sql('update mini_programs set versions_due_at = now() where appid = $1', [appid]);
  await eventually(async () => (await program(appid)).live?.userVersion === '1.0');
  const byHand = (await program(appid)).live;
  expect(byHand).toMatchObject({ templateId: 127n, source: 'VERSION_SOURCE_OBSERVED' });

  await approved('1.1', 128n);
  await world.run('Release', { appid });
  const own = (await program(appid)).live;
  expect(own).toMatchObject({
    ...{ userVersion: '1.1', templateId: 128n, source: 'VERSION_SOURCE_OWN', isForeign: false },
  });
  await world.call('GetSupportVersion', { appid });
  await eventually(async () => (await program(appid)).supportVersion !== '');
  await world.run('ChangeVisitStatus', { appid, status: VisitStatus.VISIT_STATUS_CLOSED });
  expect((await program(appid)).visitStatus).toBe('VISIT_STATUS_CLOSED');
  await eventually(() => world.messages('MiniProgramReleased', appid).length === 2);
  expect(
    world.messages('MiniProgramReleased', appid).map(({ json }) => [json.userVersion, json.isFirst]),
  ).toEqual([
    ['1.0', true],
    ['1.1', undefined],
  ]);
});
