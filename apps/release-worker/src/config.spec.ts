import { describe, expect, it } from '@jest/globals';
import { ConfigError, readConfig } from '@wxa/service';
import { workerSettings } from './config.js';

const common = { DATABASE_URL: 'postgres://u:p@h:5432/d', KAFKA_BROKERS: 'h:9092' };
const read = (env: Record<string, string>) => readConfig(workerSettings(env.WECHAT_TOKEN_SOURCE), env);
const faultsOf = (env: Record<string, string>) => {
  try {
    read(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map((fault) => fault.split(':')[0]).sort();
  }
};

describe('the configuration', () => {
  it('knows static tokens and the token endpoint', () => {
    const tokens = { WECHAT_TOKEN_SOURCE: 'static', WECHAT_STATIC_TOKENS: '{"*":"T"}' };
    expect(read({ ...common, ...tokens })).toMatchObject({ WECHAT_STATIC_TOKENS: { '*': 'T' } });
    const endpoint = { WECHAT_TOKEN_SOURCE: 'endpoint', WECHAT_TOKEN_URL: 'http://h/token' };
    expect(read({ ...common, ...endpoint })).toMatchObject({ WECHAT_TOKEN_URL: 'http://h/token' });
  });

  it.each([
    ['endpoint', ['WECHAT_TOKEN_URL']],
    ['static', ['WECHAT_STATIC_TOKENS']],
    ['other', ['WECHAT_TOKEN_SOURCE']],
    ['component', ['SECRETS_KEY', 'WECHAT_COMPONENT_APPID', 'WECHAT_COMPONENT_APPSECRET']],
  ])('names what the token source %s lacks together with all other faults', (source, lacking) => {
    expect(faultsOf({ WECHAT_TOKEN_SOURCE: source, WECHAT_TIMEOUT_MS: 'x' })).toEqual(
      [...lacking, 'DATABASE_URL', 'KAFKA_BROKERS', 'WECHAT_TIMEOUT_MS'].sort(),
    );
  });

  it('has no number that a timer or Postgres would not take, and no address that is none', () => {
    const wrong = {
      DATABASE_URL: 'postgres://u:p@h:99999/d',
      KAFKA_BROKERS: 'h:9092,h:0',
      KAFKA_REPLICATION_FACTOR: '100000',
      KAFKA_TOPIC_PARTITIONS: '100000000000',
      OPERATION_DEADLINE_MS: '9000000000000',
      OPERATION_LEASE_MARGIN_MS: '3000000000',
      WECHAT_STATIC_TOKENS: '{"*":"T"}',
      WECHAT_TIMEOUT_MS: '1000000000',
      WECHAT_TOKEN_SOURCE: 'static',
    };
    const right = ['WECHAT_STATIC_TOKENS', 'WECHAT_TOKEN_SOURCE'];
    expect(faultsOf(wrong)).toEqual(Object.keys(wrong).filter((name) => !right.includes(name)));
  });

  it('has the component source where none is set', () => {
    expect(faultsOf(common)).toEqual(faultsOf({ ...common, WECHAT_TOKEN_SOURCE: 'component' }));
  });

  it('takes a key of 32 bytes only, and never repeats one', () => {
    const component = { ...common, WECHAT_COMPONENT_APPID: 'wx', WECHAT_COMPONENT_APPSECRET: 's' };
    const key = (bytes: number) => ({ SECRETS_KEY: Buffer.alloc(bytes, 7).toString('base64') });
    expect(read({ ...component, ...key(32) })).toMatchObject({ SECRETS_KEY: Buffer.alloc(32, 7) });
    expect(() => read({ ...component, ...key(31) })).toThrow(/^SECRETS_KEY: must be 32 bytes in base64$/);
  });

  it('never repeats a token', () => {
    const tokens = { WECHAT_TOKEN_SOURCE: 'static', WECHAT_STATIC_TOKENS: '{"wx": "secret"' };
    expect(() => read({ ...common, ...tokens })).toThrow(/^WECHAT_STATIC_TOKENS: must be a JSON object/);
  });
});
