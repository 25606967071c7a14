import { expect, it } from '@jest/globals';
import { baseEnv, generatePlatform, simEnv, simulatedWechat, withPlatform } from './stack-env.js';

const listening = { gateways: [{ grpc: '127.0.0.1:1', http: '0.0.0.0:2' }], sim: '127.0.0.1:4' };

it('baseEnv contains what is set and treats an empty value as unset', () => {
  const env = baseEnv({ WECHAT_TIMEOUT_MS: '5', KAFKA_BROKERS: '' });
  expect(env).toMatchObject({ WECHAT_TIMEOUT_MS: '5' });
  expect(env).not.toHaveProperty('KAFKA_BROKERS');
});

it('withPlatform generates no credential that is given as a value, a file or a command', () => {
  const platform = { SECRETS_KEY: 'generated', WECHAT_CALLBACK_TOKEN: 'generated' };
  expect(withPlatform(platform, {})).toEqual(platform);
  for (const name of ['SECRETS_KEY', 'SECRETS_KEY_FILE', 'SECRETS_KEY_COMMAND'])
    expect(withPlatform(platform, { [name]: 'given' })).toEqual({
      WECHAT_CALLBACK_TOKEN: 'generated',
      [name]: 'given',
    });
});

it('generatePlatform returns valid and different credentials each time', () => {
  const [one, two] = [generatePlatform(), generatePlatform()];
  expect(one.WECHAT_ENCODING_AES_KEY).toMatch(/^[A-Za-z0-9+/]{43}$/);
  expect(one.WECHAT_ENCODING_AES_KEY).not.toBe(two.WECHAT_ENCODING_AES_KEY);
  expect(Buffer.from(one.SECRETS_KEY ?? '', 'base64')).toHaveLength(32);
});

it('simEnv points the simulator to the gateway, and simulatedWechat the apps to the simulator', () => {
  expect(simEnv({}, listening)).toEqual({
    SIM_ADDR: '127.0.0.1:4',
    SIM_CALLBACK_URL: 'http://127.0.0.1:2/wechat/callback/$APPID$',
    SIM_TOKEN_MODE: 'endpoint',
  });
  const component = { WECHAT_TOKEN_SOURCE: 'component' };
  expect(simEnv(component, listening)).toMatchObject({ SIM_TOKEN_MODE: 'component' });
  expect(simulatedWechat({ WECHAT_TOKEN_SOURCE: 'static' }, 'http://127.0.0.1:4')).toEqual({
    WECHAT_TOKEN_SOURCE: 'static',
    WECHAT_TOKEN_URL: 'http://127.0.0.1:4/sim/token',
    WECHAT_API_URL: 'http://127.0.0.1:4',
  });
});
