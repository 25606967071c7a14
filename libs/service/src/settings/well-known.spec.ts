import { expect, it } from '@jest/globals';
import { wellKnownFaults } from './well-known.js';

const KEY = 'c2ltdWxhdG9yLXNpbXVsYXRvci1zaW11bGF0b3ItMTI';
const SECRETS = {
  WECHAT_CALLBACK_TOKEN: 'simulator',
  WECHAT_ENCODING_AES_KEY: KEY,
  WECHAT_COMPONENT_APPSECRET: 'simulator',
  SECRETS_KEY_PREVIOUS: Buffer.from(KEY, 'base64'),
  SECRETS_KEY: Buffer.from(KEY, 'base64'),
  CONSOLE_SECRET: Buffer.from(KEY, 'base64'),
};

it.each(['https://api.weixin.qq.com', 'https://sh.api.weixin.qq.com/x', 'https://api.wechat.com'])(
  'Each well-known secret is refused with %s',
  (WECHAT_API_URL) => {
    expect(Object.keys(wellKnownFaults({ ...SECRETS, WECHAT_API_URL }))).toEqual(Object.keys(SECRETS));
  },
);

it.each(['http://wechat-sim:8090', 'https://weixin.qq.com.example', 'no URL', undefined])(
  'No secret is refused with %s',
  (WECHAT_API_URL) => {
    expect(wellKnownFaults({ ...SECRETS, WECHAT_API_URL })).toEqual({});
  },
);

it('AUTH=none is refused with the real WeChat, and other secrets are accepted', () => {
  const WECHAT_API_URL = 'https://api.weixin.qq.com';
  expect(Object.keys(wellKnownFaults({ AUTH: 'none', WECHAT_API_URL }))).toEqual(['AUTH']);
  const secrets = { WECHAT_CALLBACK_TOKEN: 'simulators', SECRETS_KEY: Buffer.alloc(32, 7) };
  expect(wellKnownFaults({ ...secrets, WECHAT_API_URL })).toEqual({});
});
