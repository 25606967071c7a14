import { expect, it } from '@jest/globals';
import { ConfigError } from '@wxa/service/settings';
import { readSimConfig } from './config.js';

function errorsIn(env: Record<string, string>): string[] {
  try {
    readSimConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map((text) => text.split(':')[0] ?? '');
  }
}

it('readConfig works with an empty environment: manual decisions, no callbacks, port 8090', () => {
  expect(readSimConfig({ SIM_AUDIT_DELAY_MS: '' })).toMatchObject({
    ...{ host: '127.0.0.1', port: 8090, callbackUrl: null, auditDelayMs: null, auditRules: [] },
    ...{ undoPerDay: 1, undoPerMonth: 10 },
  });
});

it('readConfig reads audit rules, and names the field of a malformed one', () => {
  const rulesOf = (text: string) => ({ SIM_AUDIT_RULES: text });
  expect(readSimConfig(rulesOf('[{"share":0.1,"decision":"reject"}]')).auditRules).toEqual([
    { appid: '*', share: 0.1, delayMs: 0, decision: 'reject' },
  ]);
  expect(() => readSimConfig(rulesOf('['))).toThrow('SIM_AUDIT_RULES: must be JSON');
  expect(() => readSimConfig(rulesOf('[{"decision":"reject","share":2}]'))).toThrow('SIM_AUDIT_RULES');
});

it('readConfig reports all errors together', () => {
  const env = {
    SIM_ADDR: '127.0.0.1:70000',
    SIM_LATENCY_MS: 'soon',
    SIM_CALLBACK_URL: 'http://127.0.0.1/$APPID$',
  };
  const ofCallbacks = ['WECHAT_CALLBACK_TOKEN', 'WECHAT_COMPONENT_APPID', 'WECHAT_ENCODING_AES_KEY'];
  expect(errorsIn(env)).toEqual(['SIM_ADDR', 'SIM_LATENCY_MS', ...ofCallbacks]);
  const plain = { SIM_CALLBACK_URL: env.SIM_CALLBACK_URL, WECHAT_CALLBACK_MODE: 'plain' };
  expect(errorsIn(plain)).toEqual([]);
  const component = { SIM_TOKEN_MODE: 'component', WECHAT_COMPONENT_APPID: 'wx1' };
  expect(errorsIn(component)).toEqual(['WECHAT_COMPONENT_APPSECRET']);
});
