import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { PrivacyGuide, type RequestOf, ServerDomains } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { refusalOf } from '../gateway/calls.js';
import { useSharedWorld, world } from '../use-world.js';

useSharedWorld('release');

const SUCCEEDED = { state: 'OPERATION_STATE_SUCCEEDED', error: undefined };
const failedWith = (reason: string, errcode = 0) => ({
  state: 'OPERATION_STATE_FAILED',
  error: { reason, errcode },
});

const calls = async (appid: string) => (await world.sim.calls({ appid })).map(({ api }) => api);

const guide = PrivacyGuide.fromPartial({
  owner: { email: 'kontakt-4711@example.cn', phone: '13800004711', noticeMethod: '弹窗', storageDays: 30 },
  purposes: [{ key: 'UserInfo', text: '展示头像' }],
  extraText: '补充说明',
});
const GUIDE: Pick<RequestOf<'SetPrivacyGuide'>, 'value'> = { value: { $case: 'guide', value: guide } };
const commit = (appid: string) => world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });

it('The 51st change of server domains in a month fails, and further ones are refused without a call', async () => {
  const appid = newAppid();
  await world.sim.patch(appid, { setup: { domainChangesUsed: 50 } });
  const value = {
    $case: 'domains',
    value: ServerDomains.fromPartial({ request: ['https://a.example.cn'] }),
  } as const;
  const failed = await world.run('SetServerDomains', { appid, value });
  expect(failed).toMatchObject(failedWith('DOMAIN_CHANGES_EXHAUSTED', 86102));
  const made = await calls(appid);
  const refusal = await refusalOf(world.call('SetServerDomains', { appid, value }));
  expect(refusal).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'DOMAIN_CHANGES_EXHAUSTED' });
  expect(await calls(appid)).toEqual(made);
});

it('A guide needs a commit, is set with its text once, and is read back', async () => {
  const appid = newAppid();
  const set = (requestId = '') => world.run('SetPrivacyGuide', { appid, requestId, ...GUIDE });
  expect(await set()).toMatchObject({ ...failedWith('COMMIT_MISSING'), attempts: 0 });
  await commit(appid);
  const result = (changed: boolean) => ({
    result: { $case: 'setPrivacyGuide', value: { changed, uncoveredKeys: [] } },
  });
  expect(await set()).toMatchObject({ ...SUCCEEDED, attempts: 1, ...result(true) });
  expect(await set()).toMatchObject({ ...SUCCEEDED, attempts: 0, ...result(false) });
  const { extraText: _, ...shown } = guide;
  expect(await world.call('GetPrivacyGuide', { appid })).toMatchObject({ codeExists: true, guide: shown });
});

it('Contacts of a guide and WeChat ids of testers are in no log', async () => {
  const appid = newAppid();
  const wechatId = 'tester_4711';
  const added = await world.run('AddTester', { appid, wechatId });
  expect(added).toMatchObject(SUCCEEDED);
  expect(await world.run('AddTester', { appid, wechatId })).toMatchObject(SUCCEEDED);
  expect(await world.run('AddTester', { appid, wechatId: '4711-tester' })).toMatchObject(
    failedWith('WECHAT_ID_NOT_FOUND', 85001),
  );
  const tester = { $case: 'wechatId', value: wechatId } as const;
  for (const _ of [1, 2]) expect(await world.run('RemoveTester', { appid, tester })).toMatchObject(SUCCEEDED);
  await commit(appid);
  expect(await world.run('SetPrivacyGuide', { appid, ...GUIDE })).toMatchObject(SUCCEEDED);
  await world.call('GetPrivacyGuide', { appid });
  const logs = await Promise.all(world.apps.map(({ logFile }) => readFile(logFile, 'utf8')));
  const [trail] = await world.sql<{ rows: string }>('select json_agg(t)::text as rows from trail t');
  for (const secret of [wechatId, '4711-tester', guide.owner?.email ?? '', guide.owner?.phone ?? ''])
    expect([secret, logs.join('').includes(secret), String(trail?.rows).includes(secret)]).toEqual([
      secret,
      false,
      false,
    ]);
});
