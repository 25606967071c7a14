import { expect, it } from '@jest/globals';
import { SetWebviewDomainsRequest } from '@wxa/contracts';
import { answers, concluded, invalidFields, ran, rejects } from '../fixtures/wechat.js';
import { setWebviewDomains } from './set-webview-domains.js';

const domains = ['https://a.cn', 'https://b.cn'];
const of = (list: string[]) =>
  SetWebviewDomainsRequest.fromPartial({ value: { $case: 'domains', value: { domains: list } } });
const REQUEST = of(domains);
const shown = (setByPlatform: string[]) =>
  answers({ setByPlatform, setByOwner: domains, effective: domains });

const run = (list: string[], set: object) =>
  ran(setWebviewDomains, REQUEST, { getEffectiveWebviewDomains: shown(list), setWebviewDomains: set });

it('Web-view domains that the platform has already set are not sent; those of the owner do not count.', async () => {
  const already = await run(['https://b.cn', 'https://a.cn'], answers({}));
  expect(already.result).toMatchObject({ kind: 'ok', sent: false, value: { changed: false } });
  expect(already.calls).toEqual(['getEffectiveWebviewDomains']);
  const { result, calls } = await run([], answers({}));
  expect(result).toEqual({ kind: 'ok', value: { changed: true, domains } });
  expect(calls).toEqual(['getEffectiveWebviewDomains', 'setWebviewDomains']);
});

it('That nothing changes (89019) is a success.', async () => {
  const { result } = await run([], rejects(89019));
  expect(result).toEqual({ kind: 'ok', value: { changed: false, domains } });
});

it('That web-view domains are not allowed (89231) has a reason of its own.', async () => {
  const error = { errcode: 89231, reason: 'WEBVIEW_NOT_ALLOWED' };
  expect((await run([], rejects(89231))).result).toMatchObject({ kind: 'error', error });
});

it('A set of web-view domains in doubt was executed if WeChat has them, and is sent again otherwise.', async () => {
  const read = (list: string[]) =>
    concluded(setWebviewDomains, { request: REQUEST }, { getEffectiveWebviewDomains: shown(list) as never });
  expect(await read(domains)).toEqual({ kind: 'executed', result: { changed: true, domains } });
  expect(await read(['https://a.cn'])).toEqual({ kind: 'not-executed' });
});

it('Web-view domains have https://, no port and no path, and are at most 300.', () => {
  const wrong = ['http://a.cn', 'https://a.cn:443', 'https://a.cn/', 'https://1.2.3.4'];
  expect(invalidFields(setWebviewDomains, of([...domains, ...wrong]))).toEqual(
    wrong.map((_, i) => `domains.domains[${i + 2}]`),
  );
  const list = Array.from({ length: 301 }, (_, i) => `https://a${i}.cn`);
  expect(invalidFields(setWebviewDomains, of(list))).toEqual(['domains.domains']);
  expect(invalidFields(setWebviewDomains, SetWebviewDomainsRequest.fromPartial({}))).toEqual(['value']);
});
