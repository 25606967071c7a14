import { describe, expect, it } from '@jest/globals';
import { type DeepPartial, MiniProgramSettings, type ServerDomains } from '@wxa/contracts';
import { dependOnUnread, type Registered, unregisteredOf } from './platform-domains.js';

const REGISTERED: Registered = { server: ['a.cn'], webview: ['a.cn'] };
const settings = (given: DeepPartial<MiniProgramSettings>) => MiniProgramSettings.fromPartial(given);
const unregistered = (given: DeepPartial<MiniProgramSettings>, registered = REGISTERED) =>
  unregisteredOf(settings(given), registered);

describe('unregisteredOf', () => {
  it.each<[string, DeepPartial<ServerDomains>, string[]]>([
    ['a server domain of the list, whatever its port and case', { request: ['https://A.cn:8443'] }, []],
    ['a subdomain of a server domain', { websocket: ['wss://b.a.cn'] }, ['wss://b.a.cn']],
    [
      'a domain of two kinds, once',
      { upload: ['https://c.cn'], download: ['https://c.cn'] },
      ['https://c.cn'],
    ],
    [
      'domains of sockets, which the platform does not register',
      { udp: ['udp://c.cn'], tcp: ['c.cn:1'] },
      [],
    ],
  ])('Of %s it returns what the platform has not registered', (_, serverDomains, expected) => {
    expect(unregistered({ serverDomains })).toEqual(expected);
  });

  it('A web-view domain of the list covers its subdomains, and no other domain that ends like it', () => {
    const webviewDomains = ['https://a.cn', 'https://H5.a.cn', 'https://aa.cn'];
    expect(unregistered({ webviewDomains })).toEqual(['https://aa.cn']);
  });

  it('Nothing is known of a list that was never read', () => {
    const given = { serverDomains: { request: ['https://b.cn'] }, webviewDomains: ['https://b.cn'] };
    expect(unregistered(given, { webview: [] })).toEqual(['https://b.cn']);
    expect(unregistered(given, {})).toEqual([]);
  });
});

it('Settings depend on an unread list if they name a domain that it would have', () => {
  const given = settings({ serverDomains: { request: ['https://a.cn'], udp: ['udp://a.cn'] } });
  expect(dependOnUnread(given, { webview: [] })).toBe(true);
  expect(dependOnUnread(given, { server: [] })).toBe(false);
  expect(dependOnUnread(settings({ serverDomains: { udp: ['udp://a.cn'] } }), {})).toBe(false);
});
