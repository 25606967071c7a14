import { expect, it } from '@jest/globals';
import { ServerDomains } from '@wxa/contracts';
import { hasDrifted } from './drift.js';
import type { ReadinessFacts } from './item.js';

const at = '2026-12-01T00:00:00.000Z';
const LIVE: ReadinessFacts = {
  authorization: { state: 'AUTHORIZED', permissionSets: [18] },
  ...{ observed: {}, settings: { webviewDomains: ['https://a.cn'] }, absentPointers: [], platform: {} },
  isLive: true,
};
const effective = (domains: string[]) => ({
  observed: { DOMAINS: { at, value: { set: [], effective: domains } } },
});

it('A live version has drifted if its domains differ from the settings, or detected data has no text.', () => {
  expect(hasDrifted({ ...LIVE, ...effective(['webview https://a.cn']) })).toBe(false);
  // Of two layers, which write it differently.
  const settings = { webviewDomains: ['https://A.cn', 'https://a.cn'] };
  expect(hasDrifted({ ...LIVE, settings, ...effective(['webview https://a.cn']) })).toBe(false);
  // Server domains that were set by hand, where the settings name none.
  expect(hasDrifted({ ...LIVE, ...effective(['request https://b.cn', 'webview https://a.cn']) })).toBe(false);
  expect(hasDrifted({ ...LIVE, ...effective(['webview https://a.cn', 'webview https://b.cn']) })).toBe(true);
  expect(hasDrifted({ ...LIVE, ...effective([]) })).toBe(true);
  expect(hasDrifted({ ...LIVE, ...effective([]), isLive: false })).toBe(false);
  const guide = { at, value: { hasCode: true, detected: ['Location'], explained: [] } };
  const purposes = [{ key: 'UserInfo', text: '用于' }];
  const privacyGuide = { owner: undefined, purposes, sdks: [], extraText: '' };
  expect(hasDrifted({ ...LIVE, settings: { privacyGuide }, observed: { GUIDE: guide } })).toBe(true);
  // A guide without texts is not set: the one that was set by hand counts.
  const byHand = { GUIDE: { at, value: { ...guide.value, explained: ['Location'] } } };
  const untold = { privacyGuide: { ...privacyGuide, purposes: [] } };
  expect(hasDrifted({ ...LIVE, settings: untold, observed: byHand })).toBe(false);
});

it('Optional web-view domains that the service has set nowhere are no drift: a personal account may not have any.', () => {
  const settings = { webviewDomains: ['https://a.cn'], webviewOptional: true };
  expect(hasDrifted({ ...LIVE, settings, ...effective([]) })).toBe(false);
  expect(hasDrifted({ ...LIVE, settings, ...effective(['webview https://b.cn']) })).toBe(false);
  const serverDomains = ServerDomains.fromPartial({ request: ['https://b.cn'] });
  expect(hasDrifted({ ...LIVE, settings: { ...settings, serverDomains }, ...effective([]) })).toBe(true);
  const set = { at, value: { set: ['webview https://a.cn'], effective: [] } };
  expect(hasDrifted({ ...LIVE, settings, observed: { DOMAINS: set } })).toBe(true);
});
