import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { PrivacyGuide } from '@wxa/contracts';
import { newAppid, useSharedWorld, world } from '../use-world.js';

useSharedWorld('release');

const SUCCEEDED = { state: 'OPERATION_STATE_SUCCEEDED', error: undefined };
const guide = PrivacyGuide.fromPartial({
  owner: { email: 'kontakt-4711@example.cn', phone: '13800004711', noticeMethod: '弹窗', storageDays: 30 },
  purposes: [{ key: 'UserInfo', text: '展示头像' }],
  extraText: '补充说明',
});

it('Contacts of a guide and WeChat ids of testers are in no log', async () => {
  const appid = newAppid();
  const wechatId = 'tester_4711';
  const added = await world.run('AddTester', { appid, wechatId });
  expect(added).toMatchObject(SUCCEEDED);
  expect(await world.run('AddTester', { appid, wechatId })).toMatchObject(SUCCEEDED);
  expect(await world.run('AddTester', { appid, wechatId: '4711-tester' })).toMatchObject({
    ...{ state: 'OPERATION_STATE_FAILED', error: { reason: 'WECHAT_ID_NOT_FOUND', errcode: 85001 } },
  });
  const tester = { $case: 'wechatId', value: wechatId } as const;
  for (const _ of [1, 2]) expect(await world.run('RemoveTester', { appid, tester })).toMatchObject(SUCCEEDED);
  await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  const value = { $case: 'guide', value: guide } as const;
  expect(await world.run('SetPrivacyGuide', { appid, value })).toMatchObject(SUCCEEDED);
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
