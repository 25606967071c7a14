import { expect, it } from '@jest/globals';
import { ConfigError, readConfig } from '@wxa/service';
import { workerSettings } from './config.js';

const common = { DATABASE_URL: 'postgres://u:p@h:5432/d', KAFKA_BROKERS: 'h:9092' };
const STATIC = { WECHAT_TOKEN_SOURCE: 'static', WECHAT_STATIC_TOKENS: '{"*":"T"}' };
const read = (env: Record<string, string>) => readConfig(workerSettings, env);
const errorsOf = (env: Record<string, string>) => {
  try {
    read(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map((fault) => fault.split(':')[0]).sort();
  }
};

it('The token sources static and endpoint are accepted with their settings, which keep a slash at the end of the URL.', () => {
  expect(read({ ...common, ...STATIC })).toMatchObject({ WECHAT_STATIC_TOKENS: { '*': 'T' } });
  const endpoint = { WECHAT_TOKEN_SOURCE: 'endpoint', WECHAT_TOKEN_URL: 'http://h/token/?next=/a/' };
  expect(read({ ...common, ...endpoint })).toMatchObject({ WECHAT_TOKEN_URL: endpoint.WECHAT_TOKEN_URL });
});

it.each([
  ['endpoint', ['WECHAT_TOKEN_URL']],
  ['static', ['WECHAT_STATIC_TOKENS']],
  ['other', ['WECHAT_TOKEN_SOURCE']],
  ['component', ['SECRETS_KEY', 'WECHAT_COMPONENT_APPID', 'WECHAT_COMPONENT_APPSECRET']],
])('The missing settings of the token source %s are reported with all other errors.', (source, lacking) => {
  expect(errorsOf({ WECHAT_TOKEN_SOURCE: source, WECHAT_TIMEOUT_MS: 'x' })).toEqual(
    [...lacking, 'DATABASE_URL', 'KAFKA_BROKERS', 'WECHAT_TIMEOUT_MS'].sort(),
  );
});

it('Numbers beyond the range of timers or Postgres, a retention of the trail below 30 days and invalid addresses are rejected.', () => {
  const wrong = {
    DATABASE_URL: 'postgres://u:p@h:99999/d',
    KAFKA_BROKERS: 'h:9092,h:0',
    KAFKA_REPLICATION_FACTOR: '100000',
    KAFKA_TOPIC_PARTITIONS: '100000000000',
    OPERATION_DEADLINE_MS: '9000000000000',
    OPERATION_LEASE_MARGIN_MS: '3000000000',
    ROLLOUT_VERIFY_DELAYS_MS: '5000,5000',
    TRAIL_RETENTION_MS: '2591999999',
    WECHAT_TIMEOUT_MS: '1000000000',
  };
  expect(errorsOf({ ...wrong, ...STATIC })).toEqual(Object.keys(wrong));
});

it('The default token source is component.', () => {
  expect(errorsOf(common)).toEqual(errorsOf({ ...common, WECHAT_TOKEN_SOURCE: 'component' }));
});

it('A SECRETS_KEY that is not 32 bytes long is rejected with an error that does not contain it.', () => {
  const component = { ...common, WECHAT_COMPONENT_APPID: 'wx', WECHAT_COMPONENT_APPSECRET: 's' };
  const key = (bytes: number) => ({ SECRETS_KEY: Buffer.alloc(bytes, 7).toString('base64') });
  expect(read({ ...component, ...key(32) })).toMatchObject({ SECRETS_KEY: Buffer.alloc(32, 7) });
  expect(() => read({ ...component, ...key(31) })).toThrow(/^SECRETS_KEY: must be 32 bytes in base64$/);
});

it.each(['socks5://u:secret@proxy', 'http://u:secret%zz@proxy', 'u:secret'])(
  'The proxy %s is rejected with an error that does not contain its password.',
  (url) => {
    const withProxy = { ...common, ...STATIC, WECHAT_PROXY_URL: url };
    expect(() => read(withProxy)).toThrow(/^WECHAT_PROXY_URL: must (?!.*secret)/);
  },
);

it('The error of an invalid WECHAT_STATIC_TOKENS does not contain a token.', () => {
  const invalid = { ...common, ...STATIC, WECHAT_STATIC_TOKENS: '{"wx": "secret"' };
  expect(() => read(invalid)).toThrow(/^WECHAT_STATIC_TOKENS: must be a JSON object/);
});

it('A key of the token service is accepted with an https URL only, and its CA file must be a bundle', () => {
  const endpoint = (url: string, more: Record<string, string>) => ({
    ...{ ...common, WECHAT_TOKEN_SOURCE: 'endpoint', WECHAT_TOKEN_URL: url },
    ...more,
  });
  const key = { WECHAT_TOKEN_URL_KEY: 'wxa_key' };
  expect(errorsOf(endpoint('https://h/token', key))).toEqual([]);
  expect(errorsOf(endpoint('http://127.0.0.1/token', key))).toEqual(['WECHAT_TOKEN_URL_KEY']);
  const noBundle = { WECHAT_TOKEN_URL_CA_FILE: import.meta.filename };
  expect(errorsOf(endpoint('https://h/token', noBundle))).toEqual(['WECHAT_TOKEN_URL_CA_FILE']);
});
