import type { RequestOf } from '@wxa/contracts';
import { API } from '@wxa/wxa-client';
import { characters, field, oneLine, present, within } from '../checks.js';
import { defineChange, defineQuery, withoutResult } from '../room.js';

const ID = [characters(1, 200), oneLine];

const NO_SUCH_PERSON = 85001;
const ALREADY_A_TESTER = 85004;

/** WeChat lists testers without their WeChat ids, so an unknown outcome is resolved by sending the change again. */
const RECONCILE = {
  api: API.listTesters,
  check: async () =>
    ({
      kind: 'ok',
      value: { kind: 'retry-proves', why: 'the deadline passed before it could be sent again' },
    }) as const,
  isIdempotentSet: true,
  duplicateCodes: [],
} as const;

export const addTester = defineChange('AddTester', {
  api: API.addTester,
  validate: [field('wechat_id', (r) => r.wechatId, ...ID)],
  call: async ({ wechatId }, { client, options }) => {
    const result = await client.addTester({ wechatId }, options);
    const isAlready = result.kind === 'error' && result.error.errcode === ALREADY_A_TESTER;
    return isAlready ? { kind: 'ok', value: { userString: '' } } : result;
  },
  reconcile: RECONCILE,
});

export const removeTester = defineChange('RemoveTester', {
  api: API.removeTester,
  validate: [
    field('tester', (r) => r.tester, present),
    ...(['wechatId', 'userString'] as const).map((name) =>
      within(
        name === 'wechatId' ? 'wechat_id' : 'user_string',
        ({ tester }: RequestOf<'RemoveTester'>) => (tester?.$case === name ? tester.value : undefined),
        field('', (id: string) => id, ...ID),
      ),
    ),
  ],
  call: async ({ tester }, { client, options }) => {
    const result = await client.removeTester(tester && { [tester.$case]: tester.value }, options);
    const isAbsent = result.kind === 'error' && result.error.errcode === NO_SUCH_PERSON;
    return isAbsent ? { kind: 'ok', value: undefined } : withoutResult(result);
  },
  reconcile: RECONCILE,
});

export const listTesters = defineQuery('ListTesters', {
  api: API.listTesters,
  validate: [],
  call: (_request, { client, options }) => client.listTesters({}, options),
});
