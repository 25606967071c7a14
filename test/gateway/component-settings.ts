import { randomBytes } from 'node:crypto';

/** The settings of a gateway with tokens of its own and encrypted callbacks. */
export const COMPONENT_SETTINGS = {
  WECHAT_CALLBACK_MODE: 'secure',
  WECHAT_CALLBACK_TOKEN: 'callback-token',
  WECHAT_ENCODING_AES_KEY: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
  WECHAT_ENCODING_AES_KEY_PREVIOUS: 'GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba',
  WECHAT_COMPONENT_APPID: 'wxc0de000000000000',
  WECHAT_TOKEN_SOURCE: 'component',
  SECRETS_KEY: randomBytes(32).toString('base64'),
};
