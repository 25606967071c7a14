import { expect, it } from '@jest/globals';
import { GetDomainsRequest, GetFilingRequest } from '@wxa/contracts';
import { answers, ran, rejects, timesOut } from '../fixtures/wechat.js';
import { getDomains } from './get-domains.js';
import { getFiling } from './get-filing.js';

const filing = async (status: number) => {
  const client = { getFiling: answers({ status, isCanceling: false, refused: [] }) };
  const { result } = await ran(getFiling, GetFilingRequest.fromPartial({}), client);
  return result.kind === 'ok' ? [result.value.state, result.value.missing, result.value.number] : result;
};

const [P, C, V] = ['PROFILE', 'CATEGORY', 'VERIFICATION'].map((name) => `FILING_REQUIREMENT_${name}`);

it.each([
  [2, 'WECHAT_REVIEWS', []],
  [3, 'WECHAT_REFUSED', []],
  [4, 'AUTHORITY_REVIEWS', []],
  [5, 'AUTHORITY_REFUSED', []],
  [6, 'FILED', []],
  [7, 'UNSPECIFIED', []],
  [1024, 'NOT_FILED', []],
  [1025, 'NOT_FILED', [P]],
  [1026, 'NOT_FILED', [C]],
  [1028, 'NOT_FILED', [V]],
  [1031, 'NOT_FILED', [P, C, V]],
])("WeChat's status %i of a filing is %s, with what is missing.", async (status, state, missing) => {
  expect(await filing(status)).toEqual([`FILING_STATE_${state}`, missing, status]);
});

it('GetDomains reads both families, and fails with the first read that does.', async () => {
  const sources = (value: unknown) =>
    answers({ setByOwner: value, setByPlatform: value, setDirectly: value, effective: value });
  const run = (server: object, webview: object) =>
    ran(getDomains, GetDomainsRequest.fromPartial({}), {
      ...{ getEffectiveServerDomains: server, getEffectiveWebviewDomains: webview },
    });
  const both = await run(sources({ request: ['https://a.cn'] }), sources(['https://b.cn']));
  expect(both.result).toMatchObject({
    kind: 'ok',
    value: {
      server: { setByService: { request: ['https://a.cn'] } },
      webview: { setByOwner: ['https://b.cn'] },
    },
  });
  const first = await run(rejects(48001), sources([]));
  expect([first.result.kind, first.calls]).toEqual(['error', ['getEffectiveServerDomains']]);
  expect((await run(sources({}), timesOut)).result).toMatchObject({ kind: 'ambiguous' });
});
