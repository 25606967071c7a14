import { expect, it } from '@jest/globals';
import {
  type ListPrivacyInterfacesResponse,
  type Method,
  PrivacyGuide,
  type RequestOf,
} from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { useSharedWorld, world } from '../use-world.js';
import { ended } from './change-cases.js';

useSharedWorld('doubts');

const SUCCEEDED = { state: 'OPERATION_STATE_SUCCEEDED', error: undefined };

/** Calls a change and waits until it is final. */
async function run<M extends Method>(method: M, request: Partial<RequestOf<M>>) {
  return ended(world, (await world.change(method, request)).id);
}

const guide = PrivacyGuide.fromPartial({
  owner: { email: 'privacy@example.cn', noticeMethod: '弹窗' },
  purposes: [{ key: 'UserInfo', text: '展示头像' }],
});

it.each([
  ['after it was set', { kind: 'lost', when: 'after' }, 1],
  ['before it was set', { kind: 'reset', when: 'before' }, 2],
] as const)(
  'A set of web-view domains whose answer is lost %s is resolved by a read',
  async (_what, fault, attempts) => {
    const appid = newAppid();
    await world.sim.addFault({ api: 'wxa/setwebviewdomain', appid, ...fault });
    const domains = ['https://h5.example.cn'];
    const operation = await run('SetWebviewDomains', {
      appid,
      value: { $case: 'domains', value: { domains } },
    });
    expect(operation).toMatchObject({
      ...{ ...SUCCEEDED, attempts },
      result: { $case: 'setWebviewDomains', value: { changed: true, domains } },
    });
  },
);

it('A guide whose answer is lost is resolved by a read', async () => {
  const appid = newAppid();
  await run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  const api = 'cgi-bin/component/setprivacysetting';
  await world.sim.addFault({ api, appid, kind: 'lost', when: 'after' });
  const value = { $case: 'guide', value: guide } as const;
  const operation = await run('SetPrivacyGuide', { appid, value });
  expect(operation).toMatchObject({
    ...{ ...SUCCEEDED, attempts: 1 },
    result: { $case: 'setPrivacyGuide', value: { changed: true } },
  });
});

it('An application for an interface whose answer is lost is found by its new id, and a second one is refused', async () => {
  const appid = newAppid();
  const api = 'wxa/security/apply_privacy_interface';
  await world.sim.addFault({ api, appid, kind: 'lost', when: 'after' });
  const request = {
    ...{ appid, apiName: 'wx.getLocation' },
    application: { content: '展示附近门店', pictureUrls: ['https://example.cn/1.png'], videoUrl: '' },
  };
  const { result, ...operation } = await run('ApplyPrivacyInterface', request);
  expect(operation).toMatchObject({ ...SUCCEEDED, attempts: 1 });
  const { interfaces } = (await world.call('ListPrivacyInterfaces', {
    appid,
  })) as ListPrivacyInterfacesResponse;
  const { auditId = 0n, state } = interfaces.find(({ apiName }) => apiName === request.apiName) ?? {};
  expect([result, state]).toEqual([
    { $case: 'applyPrivacyInterface', value: { auditId } },
    'PRIVACY_INTERFACE_STATE_IN_REVIEW',
  ]);
  const again = await run('ApplyPrivacyInterface', request);
  expect(again).toMatchObject({
    ...{ state: 'OPERATION_STATE_FAILED', attempts: 0 },
    error: { reason: 'INTERFACE_NOT_APPLICABLE' },
  });
});

it('A tester whose answer is lost is added once more, which is a success', async () => {
  const appid = newAppid();
  await world.sim.addFault({ api: 'wxa/bind_tester', appid, kind: 'lost', when: 'after' });
  expect(await run('AddTester', { appid, wechatId: 'zhangsan' })).toMatchObject({
    ...SUCCEEDED,
    attempts: 2,
  });
});
