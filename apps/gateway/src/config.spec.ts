import { expect, it } from '@jest/globals';
import { ConfigError, readConfig } from '@wxa/service';
import { accessSettings } from './callers/access-settings.js';
import { gatewaySettings } from './config.js';

const required = { DATABASE_URL: 'postgres://u:p@h:5432/d', KAFKA_BROKERS: 'h:9092' };
const secrets = {
  ...{ WECHAT_CALLBACK_TOKEN: 't', WECHAT_ENCODING_AES_KEY: 'a'.repeat(43) },
  WECHAT_COMPONENT_APPID: 'wxcomponent',
};
const SECRETS_KEY = Buffer.alloc(32, 7).toString('base64');
const whole: Record<string, string> = { ...required, ...secrets, SECRETS_KEY };
const read = (env: Record<string, string>) => readConfig(gatewaySettings, env);
const errorsOf = (env: Record<string, string>) => {
  try {
    read(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map((fault) => fault.split(':')[0]);
  }
};

const simulated = { ...whole, WECHAT_API_URL: 'http://127.0.0.1:8090' };

it('All settings except the required ones have defaults', () => {
  expect(read(whole)).toMatchObject({
    GRPC_ADDR: { host: '127.0.0.1', port: 50051 },
    HTTP_ADDR: { host: '127.0.0.1', port: 8080 },
    ...{ WECHAT_CALLBACK_MODE: 'secure', WECHAT_TOKEN_SOURCE: 'component' },
    SECRETS_KEY: Buffer.alloc(32, 7),
  });
});

it.each<[Record<string, string>, number]>([
  [{}, 0],
  [{ GRPC_TLS_CLIENT_CA_FILE: '' }, 0],
  [{ GRPC_TLS_CLIENT_CA_FILE: 'ca.pem' }, 3_600_000],
  [{ GRPC_TLS_CLIENT_CA_FILE: 'ca.pem', GRPC_MAX_CONNECTION_AGE_MS: '0' }, 0],
])('With the client CA and the age of connections %j, connections are at most %i ms old', (env, expected) => {
  const { GRPC_MAX_CONNECTION_AGE_MS: age } = accessSettings(env);
  expect(age.parse(env.GRPC_MAX_CONNECTION_AGE_MS)).toBe(expected);
});

it('The callback secrets are required in secure mode, and SECRETS_KEY for the component token source, only', () => {
  expect(errorsOf({ ...required, SECRETS_KEY }).sort()).toEqual(Object.keys(secrets).sort());
  expect(errorsOf({ ...required, SECRETS_KEY, WECHAT_CALLBACK_MODE: 'plain' })).toEqual([]);
  expect(errorsOf({ ...required, ...secrets })).toEqual(['SECRETS_KEY']);
  expect(errorsOf({ ...required, ...secrets, WECHAT_TOKEN_SOURCE: 'endpoint' })).toEqual([]);
  expect(errorsOf({}).sort()).toEqual(Object.keys(whole).sort());
});

it.each<Record<string, string>>([
  { GRPC_ADDR: '0.0.0.0:50051' },
  { GRPC_ADDR: '[::]:50051' },
  { GRPC_ADDR: '10.0.0.1:50051', AUTH_POLICY_FILE: '' },
  { AUTH_JWT_JWKS: 'jwks.json', AUTH_JWT_ISSUER: 'i', AUTH_JWT_AUDIENCE: 'a' },
])('A policy is required with %p, unless AUTH=none says that everybody may call', (env) => {
  expect(errorsOf({ ...simulated, ...env })).toEqual(['AUTH_POLICY_FILE']);
  expect(errorsOf({ ...simulated, ...env, AUTH: 'none' })).toEqual([]);
});

it.each(['127.0.0.1:50051', '[::1]:50051', 'localhost:50051'])(
  'No policy is required on the loopback address %s',
  (GRPC_ADDR) => expect(errorsOf({ ...simulated, GRPC_ADDR })).toEqual([]),
);

it.each<[Record<string, string>, number]>([
  [{ TOKEN_SERVICE_ADDR: '127.0.0.1:8443' }, 1],
  [{ TOKEN_SERVICE_ADDR: '0.0.0.0:8443' }, 2],
  [{ TOKEN_SERVICE_ADDR: '0.0.0.0:8443', WECHAT_TOKEN_SOURCE: 'endpoint' }, 3],
  [{ TOKEN_SERVICE_ADDR: '127.0.0.1:8443', AUTH: 'none' }, 1],
])(
  'The token service with %j lacks a policy, TLS off loopback or the source component: %i errors',
  (env, errors) => {
    expect(errorsOf({ ...simulated, ...env })).toEqual(Array(errors).fill('TOKEN_SERVICE_ADDR'));
  },
);

it.each([
  ['AUTH', 'none'],
  ['AUTH', 'off'],
  ['WECHAT_ENCODING_AES_KEY', 'a'.repeat(42)],
  ['WECHAT_ENCODING_AES_KEY_PREVIOUS', 'short'],
  ['WECHAT_CALLBACK_TOKEN', 'two words'],
  ['WECHAT_CALLBACK_TOKEN_PREVIOUS', 'two words'],
  ['WECHAT_CALLBACK_MODE', 'open'],
  ['WECHAT_TOKEN_SOURCE', 'other'],
  ['DEPLOYMENT_NAME', 'a/b'],
  ['SECRETS_KEY', 'c2hvcnQ='],
  ['SECRETS_KEY_PREVIOUS', 'c2hvcnQ='],
  ['GRPC_ADDR', '127.0.0.1'],
  ['HTTP_ADDR', 'h:99999'],
  ['ADMIN_ADDR', 'h:99999'],
  ['TOKEN_SERVICE_ADDR', 'h:99999'],
  ['GRPC_MAX_STREAMS', '0'],
])('With the real WeChat the configuration rejects %s=%s', (name, value) => {
  expect(errorsOf({ ...whole, [name]: value })).toEqual([name]);
});
