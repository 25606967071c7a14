import { describe, expect, it } from '@jest/globals';
import { ServerDomains, SetServerDomainsRequest } from '@wxa/contracts';
import { answers, concluded, contextOf, invalidFields, ran, rejects } from '../fixtures/wechat.js';
import { setServerDomains } from './set-server-domains.js';

const domains = ServerDomains.fromPartial({ request: ['https://a.cn', 'https://b.cn'], udp: ['a.cn'] });
const same = ServerDomains.fromPartial({ request: ['https://B.cn', 'https://a.cn'], udp: ['a.cn'] });
const other = ServerDomains.fromPartial({ request: ['https://a.cn', 'https://b.cn'] });
const of = (value: ServerDomains) =>
  SetServerDomainsRequest.fromPartial({ value: { $case: 'domains', value } });
const REQUEST = of(domains);
const EXHAUSTED = { errcode: 86102, reason: 'DOMAIN_CHANGES_EXHAUSTED' };

const run = (shown: ServerDomains, set: object, more = {}) =>
  ran(setServerDomains, REQUEST, { getServerDomains: answers(shown), setServerDomains: set }, more);

describe('SetServerDomains', () => {
  it('Domains that WeChat already has, in another order and case, are not sent.', async () => {
    const { result, calls } = await run(same, answers({}));
    const value = { changed: false, domains: same, refused: [] };
    expect(result).toEqual({ kind: 'ok', sent: false, value });
    expect(calls).toEqual(['getServerDomains']);
  });

  it('Other domains are sent as a whole, and the result has those that WeChat has now.', async () => {
    const sent: unknown[] = [];
    const set = async (request: object) => {
      sent.push(request);
      return { kind: 'ok', value: { domains, refused: [] } };
    };
    const { result, calls } = await run(other, set);
    expect(sent).toEqual([{ domains }]);
    expect(result).toEqual({ kind: 'ok', value: { changed: true, domains, refused: [] } });
    expect(calls).toEqual(['getServerDomains', 'setServerDomains']);
  });

  it('Domains that WeChat refuses are named in a success, also if it does not return the others.', async () => {
    const refused = [
      { kind: 'request', domain: 'https://b.cn', cause: 'INVALID' },
      { kind: undefined, domain: 'a.cn', cause: 'NO_ICP' },
    ];
    const { result } = await run(other, answers({ domains: undefined, refused }));
    expect(result).toEqual({
      kind: 'ok',
      value: {
        changed: true,
        domains: ServerDomains.fromPartial({ request: ['https://a.cn'] }),
        refused: [
          { kind: 'DOMAIN_KIND_REQUEST', domain: 'https://b.cn', cause: 'DOMAIN_REFUSAL_CAUSE_INVALID' },
          { kind: 'DOMAIN_KIND_UNSPECIFIED', domain: 'a.cn', cause: 'DOMAIN_REFUSAL_CAUSE_NO_ICP' },
        ],
      },
    });
  });

  it('After the 50th change of a month it fails with DOMAIN_CHANGES_EXHAUSTED, which is remembered.', async () => {
    let stops = 0;
    const setup = { ...contextOf({}).setup, stopDomainChanges: async () => void stops++ };
    const { result } = await run(other, rejects(86102), { setup });
    expect(result).toMatchObject({ kind: 'error', error: EXHAUSTED });
    expect(stops).toBe(1);
  });

  it('After an 86102 an operation that was accepted before sends no set, and succeeds if WeChat has its domains.', async () => {
    const setup = { ...contextOf({}).setup, areDomainChangesStopped: async () => true };
    const { result, calls } = await run(other, answers({}), { setup });
    expect(result).toMatchObject({ kind: 'error', sent: false, error: EXHAUSTED });
    expect(calls).toEqual(['getServerDomains']);
    expect((await run(same, answers({}), { setup })).result).toMatchObject({ kind: 'ok', sent: false });
  });

  it('One in doubt was executed if WeChat has the domains, and is sent again if it has others.', async () => {
    const read = (shown: ServerDomains) =>
      concluded(setServerDomains, { request: REQUEST }, { getServerDomains: answers(shown) });
    const result = { changed: true, domains: same, refused: [] };
    expect(await read(same)).toEqual({ kind: 'executed', result });
    expect(await read(other)).toEqual({ kind: 'not-executed' });
  });
});

describe('SetServerDomainsRequest', () => {
  it('Either domains or from_settings is required, which must be true.', () => {
    expect(invalidFields(setServerDomains, SetServerDomainsRequest.fromPartial({}))).toEqual(['value']);
    const from = (value: boolean) =>
      SetServerDomainsRequest.fromPartial({ value: { $case: 'fromSettings', value } });
    expect(invalidFields(setServerDomains, from(true))).toEqual([]);
    expect(invalidFields(setServerDomains, from(false))).toEqual(['from_settings']);
  });

  it.each<[keyof ServerDomains, string, boolean]>([
    ['request', 'https://a.example.cn', true],
    ['upload', 'https://xn--fiq228c.cn:8443', true],
    ['download', 'https://例子.中国', true],
    ['websocket', 'wss://a.cn', true],
    ['udp', 'udp://127.0.0.1:9', true],
    ['request', 'https://a.cn:65535', true],
    ['tcp', 'a.cn:70', true],
    ['request', 'http://a.cn', false],
    ['request', 'https://a.cn/path', false],
    ['request', 'https://a', false],
    ['request', 'https://-a.cn', false],
    ['request', 'https://1.2.3.4', false],
    ['request', 'https://256.1.1.1', false],
    ['upload', 'https://1.2.3.4.5:443', false],
    ['request', 'https://a.cn:0', false],
    ['websocket', 'wss://a.cn:65536', false],
    ['download', 'https://a.cn:99999', false],
    ['request', 'https://[::1]:443', false],
    ['upload', 'https://api.weixin.qq.com', false],
    ['websocket', 'https://a.cn', false],
    ['download', `https://${'a.'.repeat(200)}cn`, false],
    ['tcp', '', false],
  ])('As a %s domain, %s is valid: %s.', (kind, domain, isValid) => {
    const request = of({ ...ServerDomains.fromPartial({}), [kind]: [domain] });
    expect(invalidFields(setServerDomains, request)).toEqual(isValid ? [] : [`domains.${kind}[0]`]);
  });

  it('A kind has at most 200 domains.', () => {
    const list = (length: number) => Array.from({ length }, (_, i) => `https://a${i}.cn`);
    const fields = (length: number) =>
      invalidFields(setServerDomains, of(ServerDomains.fromPartial({ request: list(length) })));
    expect([fields(200), fields(201)]).toEqual([[], ['domains.request']]);
  });
});
