import { expect, it } from '@jest/globals';
import { type EndpointCase, ok, testEndpoints } from './fixtures/endpoint-cases.js';
import { client, useLocalWechat, wechat } from './fixtures/use-local-wechat.js';

useLocalWechat();

const domains = {
  request: ['https://a.cn', 'https://b.cn:8080'],
  websocket: ['wss://a.cn'],
  upload: [],
  download: ['https://a.cn'],
  udp: [],
  tcp: [],
};
const sentDomains = {
  requestdomain: ['https://a.cn', 'https://b.cn:8080'],
  wsrequestdomain: ['wss://a.cn'],
  uploaddomain: [],
  downloaddomain: ['https://a.cn'],
  udpdomain: [],
  tcpdomain: [],
};
const none = { request: [], websocket: [], upload: [], download: [], udp: [], tcp: [] };

const cases: EndpointCase[] = [
  {
    name: 'getServerDomains',
    call: (c) => c.getServerDomains(),
    api: 'wxa/modify_domain',
    body: { action: 'get' },
    answer: sentDomains,
    value: domains,
  },
  {
    name: 'getEffectiveServerDomains',
    call: (c) => c.getEffectiveServerDomains(),
    api: 'wxa/get_effective_domain',
    body: {},
    answer: {
      ...{ mp_domain: { requestdomain: ['https://m.cn'] }, third_domain: sentDomains },
      ...{ direct_domain: {}, effective_domain: sentDomains },
    },
    value: {
      ...{ setByOwner: { ...none, request: ['https://m.cn'] }, setByPlatform: domains },
      ...{ setDirectly: none, effective: domains },
    },
  },
  {
    name: 'setWebviewDomains of none',
    call: (c) => c.setWebviewDomains({ domains: [] }),
    api: 'wxa/setwebviewdomain',
    body: { action: 'set', webviewdomain: [] },
  },
  {
    name: 'getPlatformServerDomains',
    call: (c) => c.getPlatformServerDomains(),
    api: 'cgi-bin/component/modify_wxa_server_domain',
    body: { action: 'get' },
    answer: { published_wxa_server_domain: 'a.cn;b.cn', testing_wxa_server_domain: 'a.cn' },
    value: { published: ['a.cn', 'b.cn'], testing: ['a.cn'] },
  },
  {
    name: 'setPlatformWebviewDomains',
    call: (c) => c.setPlatformWebviewDomains({ domains: [], publishedToo: false }),
    api: 'cgi-bin/component/modify_wxa_jump_domain',
    body: { action: 'set', wxa_jump_h5_domain: '', is_modify_published_together: false },
    answer: { ...ok, testing_wxa_jump_h5_domain: '' },
    value: { published: [], testing: [], invalid: [] },
  },
];

testEndpoints(cases);

it('The response of a set without lists leaves the domains unknown, that of a get says that there are none', async () => {
  wechat.answers(ok);
  const value = { domains: undefined, refused: [] };
  expect(await client.setServerDomains({ domains })).toEqual({ kind: 'ok', value });
  expect(await client.getServerDomains()).toEqual({ kind: 'ok', value: none });
});
