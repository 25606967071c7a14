import { describe, expect, it } from '@jest/globals';
import { APPID, codeOf, okValue, simUnderTest } from './sim-under-test.js';

const { call, client, commit, control, errcode, submit } = simUnderTest();

const none = { request: [], websocket: [], upload: [], download: [], udp: [], tcp: [] };
const set = (request: string[]) => client().setServerDomains({ domains: { ...none, request } });
const setCode = async (request: string[]) => codeOf(await set(request));
const webviewCode = async (domains: string[]) => codeOf(await client().setWebviewDomains({ domains }));
const shown = async () => okValue(await client().getServerDomains());
const sources = async () => okValue(await client().getEffectiveServerDomains());
const inEffect = async () => (await sources()).effective.request;

async function release(version = 'v1'): Promise<void> {
  await commit(version);
  await submit();
  await control().decide(APPID, { decision: 'approve' });
  await call('wxa/release', { body: {} });
}

describe('modify_domain', () => {
  it('modify_domain sets some domains and names those that it refused', async () => {
    await control().patchPlatform({ serverDomains: ['a.cn', 'z.cn'], noIcpDomains: ['z.cn'] });
    const given = ['https://a.cn:8080', 'http://a.cn', 'https://b.cn', 'https://z.cn', 'https://1.2.3.4'];
    const refused = ['http://a.cn', 'https://b.cn', 'https://1.2.3.4'].map((domain) => ({
      ...{ kind: 'request', domain, cause: 'INVALID' },
    }));
    const domains = { ...none, request: ['https://a.cn:8080'] };
    const noIcp = { kind: undefined, domain: 'https://z.cn', cause: 'NO_ICP' };
    expect(okValue(await set(given))).toEqual({ domains, refused: [...refused, noIcp] });
    expect(await shown()).toEqual(domains);
  });

  it('modify_domain changes nothing if it refuses all: 85301, 85302 without a filing, 85303 for both', async () => {
    await control().patchPlatform({ serverDomains: ['a.cn', 'z.cn'], noIcpDomains: ['z.cn'] });
    await set(['https://a.cn']);
    expect(await setCode(['https://b.cn'])).toBe(85301);
    expect(await setCode(['https://z.cn'])).toBe(85302);
    expect(await setCode(['https://b.cn', 'https://z.cn'])).toBe(85303);
    expect((await shown()).request).toEqual(['https://a.cn']);
  });

  it('modify_domain returns 85301 for an unchanged set, 85016 for more than 200, 40097 without a list', async () => {
    await set(['https://a.cn']);
    expect(await setCode(['https://a.cn'])).toBe(85301);
    expect(await setCode(Array.from({ length: 201 }, (_, i) => `https://a${i}.cn`))).toBe(85016);
    expect(await errcode('wxa/modify_domain', { body: { action: 'set', requestdomain: [] } })).toBe(40097);
  });

  it('modify_domain returns 86102 after 50 changes of a month, and rejected sets do not count', async () => {
    await control().patch(APPID, { setup: { domainChangesUsed: 49 } });
    expect(await setCode(['https://1.2.3.4'])).toBe(85301);
    expect([await setCode(['https://a.cn']), await setCode(['https://b.cn'])]).toEqual([0, 86102]);
    expect((await control().app(APPID)).setup.domainChanges.used).toBe(50);
  });

  it('Any domain can be set until the platform has registered one', async () => {
    expect([await setCode(['https://any.cn']), await webviewCode(['https://any.cn'])]).toEqual([0, 0]);
  });

  it('modify_domain with get is a query, a set is a change', async () => {
    await client().getServerDomains();
    expect((await control().summary(APPID)).maxConcurrentChanges).toBe(0);
    await set(['https://a.cn']);
    expect((await control().summary(APPID)).maxConcurrentChanges).toBe(1);
    const calls = await control().calls({ api: 'wxa/modify_domain' });
    expect(calls.map(({ effect }) => effect)).toEqual([null, 'modify_domain 1']);
  });
});

describe('setwebviewdomain', () => {
  it('setwebviewdomain accepts subdomains of the platform, and rejects others, ports and http', async () => {
    await control().patchPlatform({ webviewDomains: ['a.cn'] });
    const wrong = ['https://b.cn', 'https://a.cn:80', 'http://a.cn', 'a.cn'];
    for (const domain of wrong) expect(await webviewCode([domain])).toBe(89021);
    expect(await webviewCode(['https://a.cn', 'https://x.a.cn'])).toBe(0);
    expect(await webviewCode(['https://x.a.cn', 'https://a.cn'])).toBe(89019);
    expect(await webviewCode(Array.from({ length: 301 }, (_, i) => `https://a${i}.a.cn`))).toBe(89029);
  });

  it('setwebviewdomain without an action adds all domains of the platform', async () => {
    await control().patchPlatform({ webviewDomains: ['a.cn', 'b.cn'] });
    expect(await errcode('wxa/setwebviewdomain', { body: { webviewdomain: [] } })).toBe(0);
    const answer = await call('wxa/setwebviewdomain', { body: { action: 'get' } });
    expect(answer.webviewdomain).toEqual(['https://a.cn', 'https://b.cn']);
  });

  it('setwebviewdomain returns 89231 for an individual, and 89020 if the platform has no domains', async () => {
    await control().patchPlatform({ webviewDomains: [] });
    expect(await webviewCode(['https://a.cn'])).toBe(89020);
    await control().patch(APPID, { setup: { isIndividual: true } });
    expect(await webviewCode(['https://a.cn'])).toBe(89231);
  });
});

describe('a release', () => {
  it("A release puts the platform's domains into effect and removes the owner's", async () => {
    const ownerDomains = { requestdomain: ['https://owner.cn'], webviewdomain: ['https://owner.cn'] };
    await control().patch(APPID, { setup: { ownerDomains } });
    await set(['https://a.cn']);
    await client().setWebviewDomains({ domains: ['https://w.cn'] });
    expect(await inEffect()).toEqual(['https://owner.cn']);
    await release();
    const now = { setByOwner: none, setByPlatform: { request: ['https://a.cn'] } };
    expect(await sources()).toMatchObject({ ...now, effective: { request: ['https://a.cn'] } });
    const webview = okValue(await client().getEffectiveWebviewDomains());
    expect(webview).toMatchObject({ setByOwner: [], effective: ['https://w.cn'] });
  });

  it('A domain that the platform removes disappears from a mini-program at its next release', async () => {
    await control().patchPlatform({ serverDomains: ['a.cn', 'b.cn'] });
    await set(['https://a.cn', 'https://b.cn']);
    await release();
    await client().setPlatformServerDomains({ domains: ['a.cn'], publishedToo: true });
    expect(await inEffect()).toEqual(['https://a.cn', 'https://b.cn']);
    await release('v2');
    expect([await inEffect(), (await shown()).request]).toEqual([['https://a.cn'], ['https://a.cn']]);
  });

  it('A revert leaves the domains', async () => {
    await release('v1');
    await set(['https://a.cn']);
    await release('v2');
    expect(await errcode('wxa/revertcoderelease')).toBe(0);
    expect(await inEffect()).toEqual(['https://a.cn']);
  });
});

describe("the platform's domains", () => {
  it('Without is_modify_published_together only the list of the test version changes', async () => {
    const lists = async () => okValue(await client().getPlatformServerDomains());
    expect(await lists()).toMatchObject({ published: [], testing: [] });
    await client().setPlatformServerDomains({ domains: ['a.cn'], publishedToo: false });
    expect(await lists()).toMatchObject({ published: [], testing: ['a.cn'] });
    expect(await setCode(['https://a.cn'])).toBe(85301);
    await client().setPlatformServerDomains({ domains: ['a.cn'], publishedToo: true });
    expect(await setCode(['https://a.cn'])).toBe(0);
  });

  it('An invalid domain is left out and named; 9410016 if no other is given', async () => {
    const setOf = (...domains: string[]) =>
      client().setPlatformWebviewDomains({ domains, publishedToo: true });
    const value = { published: ['a.cn'], testing: ['a.cn'], invalid: ['https://b.cn'] };
    expect(await setOf('a.cn', 'https://b.cn')).toMatchObject({ value });
    expect(codeOf(await setOf('https://b.cn'))).toBe(9410016);
    expect(codeOf(await setOf(...Array.from({ length: 301 }, (_, i) => `a${i}.cn`)))).toBe(65316);
  });

  it('The lists can be changed 50 times a month together, then 45104', async () => {
    await control().patchPlatform({ domainChangesUsed: 49 });
    const domains = { domains: ['a.cn'], publishedToo: true };
    expect(codeOf(await client().setPlatformServerDomains(domains))).toBe(0);
    expect(codeOf(await client().setPlatformWebviewDomains(domains))).toBe(45104);
    expect(await client().getPlatformDomainFile()).toMatchObject({ value: { fileName: 'sim-confirm.txt' } });
  });
});
