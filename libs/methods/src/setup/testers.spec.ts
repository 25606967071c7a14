import { expect, it } from '@jest/globals';
import { AddTesterRequest, RemoveTesterRequest } from '@wxa/contracts';
import { answers, concluded, invalidFields, ran, rejects } from '../fixtures/wechat.js';
import { addTester, removeTester } from './testers.js';

const ADD = AddTesterRequest.fromPartial({ wechatId: 'zhangsan' });
const remove = ($case: 'wechatId' | 'userString', value: string) =>
  RemoveTesterRequest.fromPartial({ tester: { $case, value } });

it('A tester is added, and one who already is a tester (85004) is a success without an id.', async () => {
  const added = await ran(addTester, ADD, { addTester: answers({ userString: 'u1' }) });
  expect(added.result).toEqual({ kind: 'ok', value: { userString: 'u1' } });
  const already = await ran(addTester, ADD, { addTester: rejects(85004) });
  expect(already.result).toEqual({ kind: 'ok', value: { userString: '' } });
});

it.each([85001, 85002, 85003])('A tester who cannot be added (%i) is a failure.', async (errcode) => {
  const { result } = await ran(addTester, ADD, { addTester: rejects(errcode) });
  expect(result).toMatchObject({ kind: 'error', error: { errcode } });
});

it.each([
  ['wechatId', 'zhangsan'],
  ['userString', 'u1'],
] as const)('A tester is removed by the %s; an absent one (85001) is a success.', async ($case, value) => {
  const sent: unknown[] = [];
  const removed = async (request: object) => {
    sent.push(request);
    return { kind: 'ok', value: {} };
  };
  const request = remove($case, value);
  const { result } = await ran(removeTester, request, { removeTester: removed });
  expect([result, sent]).toEqual([{ kind: 'ok', value: undefined }, [{ [$case]: value }]]);
  const absent = await ran(removeTester, request, { removeTester: rejects(85001) });
  expect(absent.result).toEqual({ kind: 'ok', value: undefined });
  const failed = await ran(removeTester, request, { removeTester: rejects(48001) });
  expect(failed.result).toMatchObject({ kind: 'error', error: { errcode: 48001 } });
});

it('A tester whose outcome is unknown is sent again, without a read.', async () => {
  const again = { kind: 'retry-proves' };
  expect(await concluded(addTester, { request: ADD }, {})).toMatchObject(again);
  expect(await concluded(removeTester, { request: remove('userString', 'u1') }, {})).toMatchObject(again);
});

it('A tester to add or to remove is required.', () => {
  expect(invalidFields(addTester, AddTesterRequest.fromPartial({}))).toEqual(['wechat_id']);
  expect(invalidFields(removeTester, RemoveTesterRequest.fromPartial({}))).toEqual(['tester']);
  expect(invalidFields(removeTester, remove('wechatId', ''))).toEqual(['wechat_id']);
  expect(invalidFields(removeTester, remove('userString', 'a\nb'))).toEqual(['user_string']);
  expect(invalidFields(removeTester, remove('userString', 'u1'))).toEqual([]);
});
