import { describe, expect, it } from '@jest/globals';
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

const ofDomains: EndpointCase[] = [
  {
    name: 'getServerDomains',
    call: (c) => c.getServerDomains(),
    api: 'wxa/modify_domain',
    body: { action: 'get' },
    answer: sentDomains,
    value: domains,
  },
  {
    name: 'setServerDomains',
    call: (c) => c.setServerDomains({ domains }),
    api: 'wxa/modify_domain',
    body: { action: 'set', ...sentDomains },
    answer: { ...ok, ...sentDomains, invalid_requestdomain: [], no_icp_domain: [] },
    value: { domains, refused: [] },
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
    name: 'setWebviewDomains',
    call: (c) => c.setWebviewDomains({ domains: ['https://a.cn'] }),
    api: 'wxa/setwebviewdomain',
    body: { action: 'set', webviewdomain: ['https://a.cn'] },
    answer: ok,
    value: {},
  },
  {
    name: 'setWebviewDomains of none',
    call: (c) => c.setWebviewDomains({ domains: [] }),
    api: 'wxa/setwebviewdomain',
    body: { action: 'set', webviewdomain: [] },
    answer: ok,
    value: {},
  },
  {
    name: 'getEffectiveWebviewDomains',
    call: (c) => c.getEffectiveWebviewDomains(),
    api: 'wxa/get_effective_webviewdomain',
    body: {},
    answer: {
      ...{ mp_webviewdomain: ['https://m.cn'], third_webviewdomain: ['https://a.cn'] },
      ...{ direct_webviewdomain: [], effective_webviewdomain: ['https://a.cn', 'https://m.cn'] },
    },
    value: {
      ...{ setByOwner: ['https://m.cn'], setByPlatform: ['https://a.cn'], setDirectly: [] },
      effective: ['https://a.cn', 'https://m.cn'],
    },
  },
];

const ofPlatform: EndpointCase[] = [
  {
    name: 'getPlatformServerDomains',
    call: (c) => c.getPlatformServerDomains(),
    api: 'cgi-bin/component/modify_wxa_server_domain',
    body: { action: 'get' },
    answer: { published_wxa_server_domain: 'a.cn;b.cn', testing_wxa_server_domain: 'a.cn' },
    value: { published: ['a.cn', 'b.cn'], testing: ['a.cn'] },
  },
  {
    name: 'setPlatformServerDomains',
    call: (c) => c.setPlatformServerDomains({ domains: ['a.cn', 'b.cn'], publishedToo: true }),
    api: 'cgi-bin/component/modify_wxa_server_domain',
    body: { action: 'set', wxa_server_domain: 'a.cn;b.cn', is_modify_published_together: true },
    answer: {
      ...{ published_wxa_server_domain: 'a.cn', testing_wxa_server_domain: 'a.cn' },
      invalid_wxa_server_domain: 'b.cn',
    },
    value: { published: ['a.cn'], testing: ['a.cn'], invalid: ['b.cn'] },
  },
  {
    name: 'getPlatformWebviewDomains',
    call: (c) => c.getPlatformWebviewDomains(),
    api: 'cgi-bin/component/modify_wxa_jump_domain',
    body: { action: 'get' },
    answer: { ...ok, testing_wxa_jump_h5_domain: 'a.cn;b.cn' },
    value: { published: [], testing: ['a.cn', 'b.cn'] },
  },
  {
    name: 'setPlatformWebviewDomains',
    call: (c) => c.setPlatformWebviewDomains({ domains: [], publishedToo: false }),
    api: 'cgi-bin/component/modify_wxa_jump_domain',
    body: { action: 'set', wxa_jump_h5_domain: '', is_modify_published_together: false },
    answer: { ...ok, testing_wxa_jump_h5_domain: '' },
    value: { published: [], testing: [], invalid: [] },
  },
  {
    name: 'getPlatformDomainFile',
    call: (c) => c.getPlatformDomainFile(),
    api: 'cgi-bin/component/get_domain_confirmfile',
    body: {},
    answer: { ...ok, file_name: 'Mv3lk4kYXp.txt', file_content: '8cfd7d2f7' },
    value: { fileName: 'Mv3lk4kYXp.txt', content: '8cfd7d2f7' },
  },
];

testEndpoints([...ofDomains, ...ofPlatform]);

describe('domains', () => {
  it('The response of a set names the refused domains by kind and cause', async () => {
    wechat.answers({
      ...{ ...ok, ...sentDomains, invalid_requestdomain: ['https://x.cn'] },
      ...{ invalid_wsrequestdomain: ['wss://https://y.cn'], no_icp_domain: ['https://z.cn'] },
    });
    expect(await client.setServerDomains({ domains })).toMatchObject({
      value: {
        refused: [
          { kind: 'request', domain: 'https://x.cn', cause: 'INVALID' },
          { kind: 'websocket', domain: 'wss://https://y.cn', cause: 'INVALID' },
          { kind: undefined, domain: 'https://z.cn', cause: 'NO_ICP' },
        ],
      },
    });
  });

  it('The response of a set without lists leaves the domains unknown, that of a get says that there are none', async () => {
    wechat.answers(ok);
    const value = { domains: undefined, refused: [] };
    expect(await client.setServerDomains({ domains })).toEqual({ kind: 'ok', value });
    expect(await client.getServerDomains()).toEqual({ kind: 'ok', value: none });
  });
});
