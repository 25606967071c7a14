import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, readConfig, withCrossChecks } from './config.js';
import { databaseSettings } from './database-settings.js';
import { isKafkaPlaintext, kafkaClientSettings, kafkaSettings } from './kafka-settings.js';

function faultsOf(settings: z.ZodType, environment: Record<string, string>): string[] {
  try {
    readConfig(settings, environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults;
  }
}

describe('readConfig with files', () => {
  const schema = z.object({ NAME: z.string({ error: 'required' }), CA_FILE: z.string().optional() });
  const keys = z.object({ SECRETS_KEY: z.string({ error: 'required' }) });

  it('A setting given by value and by file is one error that contains neither', () => {
    const faults = faultsOf(schema, { NAME: 'secret-1', NAME_FILE: '/secret-2' });
    expect(faults).toEqual(['NAME: only one of NAME, NAME_FILE may be set']);
  });

  it('A missing file is reported with its setting and its path, and not as a missing setting', () => {
    const faults = faultsOf(schema, { NAME_FILE: '/no/such/file' });
    expect(faults).toEqual(['NAME_FILE: cannot read /no/such/file (ENOENT)']);
  });

  it('A setting whose own name ends in _FILE stays a path', () => {
    const environment = { NAME: 'n', CA_FILE: '/no/such/file' };
    expect(readConfig(schema, environment)).toEqual(environment);
  });

  it('SECRETS_KEY_COMMAND excludes SECRETS_KEY and SECRETS_KEY_FILE', () => {
    const faults = faultsOf(keys, { SECRETS_KEY: 'a', SECRETS_KEY_FILE: 'b', SECRETS_KEY_COMMAND: 'c' });
    const names = 'SECRETS_KEY, SECRETS_KEY_FILE, SECRETS_KEY_COMMAND';
    expect(faults).toEqual([`SECRETS_KEY: only one of ${names} may be set`]);
  });

  it.each(['aws kms', '[]', '[""]', '{"a":1}', '["aws",1]'])(
    'SECRETS_KEY_COMMAND rejects %s, which is not an array of texts, without repeating it',
    (command) => {
      const fault = 'SECRETS_KEY_COMMAND: must be a JSON array of texts, as in ["program","argument"]';
      expect(faultsOf(keys, { SECRETS_KEY_COMMAND: command })).toEqual([fault]);
    },
  );

  it('Modes that come from a file choose the schema', () => {
    const settings = ({ NAME }: Record<string, string | undefined>) =>
      schema.extend({ MORE: NAME === 'n' ? z.string({ error: 'required' }) : z.string().optional() });
    expect(() => readConfig(settings, { NAME: 'n' })).toThrow('MORE: required');
    expect(readConfig(settings, { NAME: 'm' })).toEqual({ NAME: 'm' });
  });
});

describe('databaseParts', () => {
  const schema = withCrossChecks(z.object(databaseSettings));
  const PARTS = { DATABASE_HOST: 'db', DATABASE_NAME: 'wxa_code', DATABASE_USER: 'wxa' };
  const DATABASE_URL = 'postgres://h/d';
  const needed = (name: string) => `${name}: required with DATABASE_HOST`;

  it.each([
    [{}, 'postgres://wxa@db/wxa_code'],
    [{ DATABASE_HOST: '::1', DATABASE_PORT: '5433' }, 'postgres://wxa@[::1]:5433/wxa_code'],
    [
      { DATABASE_USER: 'a@b', DATABASE_PASSWORD: 'p@ss/w?rd#100%' },
      'postgres://a%40b:p%40ss%2Fw%3Frd%23100%25@db/wxa_code',
    ],
  ])('The parts with %j are the address %s', (parts, url) => {
    expect(readConfig(schema, { ...PARTS, ...parts }).DATABASE_URL).toBe(url);
  });

  it.each<[Record<string, string>, ...string[]]>([
    [{ DATABASE_HOST: 'db' }, needed('DATABASE_NAME'), needed('DATABASE_USER')],
    [{ DATABASE_URL, DATABASE_USER: 'wxa' }, 'DATABASE_USER: needs DATABASE_HOST'],
    [{ ...PARTS, DATABASE_HOST: 'db/x' }, 'DATABASE_HOST: must be a host name or an IP address'],
    [{ ...PARTS, DATABASE_PORT: '99999' }, 'DATABASE_PORT: must be at most 65535'],
    [{ ...PARTS, DATABASE_NAME: 'a/b' }, 'DATABASE_NAME: must be letters, digits, dots, dashes, underscores'],
    [{ ...PARTS, DATABASE_URL }, 'DATABASE_HOST: only one of DATABASE_URL, DATABASE_HOST may be set'],
    // Neither password is repeated.
    [
      { ...PARTS, DATABASE_PASSWORD: 'p@ss', DATABASE_PASSWORD_FILE: '/dev/null' },
      'DATABASE_PASSWORD_FILE: DATABASE_PASSWORD is set too; only one of them may be set',
    ],
  ])('The configuration %j is rejected by name: %s', (environment, ...faults) => {
    expect(faultsOf(schema, environment)).toEqual(faults);
  });

  it.each(['postgres://u:1/x@db:5432/d', 'postgres://u:1#x@db/d', 'postgres://u:p/x@db/d'])(
    'A DATABASE_URL whose password is not percent-encoded is rejected without it: %s',
    (url) => {
      const fault = 'DATABASE_URL: must be a postgres:// URL with a percent-encoded user and password';
      expect(faultsOf(schema, { DATABASE_URL: url })).toEqual([fault]);
    },
  );
});

describe('kafkaSettings', () => {
  const schema = withCrossChecks(z.object(kafkaSettings));
  const read = (env: Record<string, string>) => readConfig(schema, { KAFKA_BROKERS: 'h:9092', ...env });
  const namesOf = (env: Record<string, string>) =>
    faultsOf(schema, { KAFKA_BROKERS: 'h:9092', ...env }).map((fault) => fault.split(':')[0]);
  const USER = { KAFKA_SASL_USERNAME: 'u' };
  const PASSWORD = { ...USER, KAFKA_SASL_PASSWORD: 'p' };
  const TLS = { KAFKA_TLS: 'on' };
  const PLAIN = { ...TLS, KAFKA_SASL_MECHANISM: 'plain' };
  const OAUTH = { ...TLS, KAFKA_SASL_MECHANISM: 'oauthbearer' };
  const SCRAM = { KAFKA_SASL_MECHANISM: 'scram-sha-512', ...PASSWORD };

  it.each<[Record<string, string>]>([
    [{}],
    [TLS],
    [{ ...PLAIN, ...PASSWORD }],
    [{ KAFKA_BROKERS: '127.0.0.1:1,localhost:2,[::1]:3', ...SCRAM }],
    [{ ...OAUTH, KAFKA_SASL_TOKEN_COMMAND: '["print-token"]' }],
  ])('The configuration accepts %j', (env) => {
    expect(namesOf(env)).toEqual([]);
  });

  it.each<[string, Record<string, string>]>([
    ['KAFKA_TLS', { KAFKA_TLS: 'yes' }],
    ['KAFKA_CREATE_TOPICS', { KAFKA_CREATE_TOPICS: 'no' }],
    ['KAFKA_MIN_INSYNC_REPLICAS', { KAFKA_MIN_INSYNC_REPLICAS: '0' }],
    ['KAFKA_MIN_INSYNC_REPLICAS', { KAFKA_MIN_INSYNC_REPLICAS: '2' }],
    ['KAFKA_MIN_INSYNC_REPLICAS', { KAFKA_REPLICATION_FACTOR: '3', KAFKA_MIN_INSYNC_REPLICAS: '4' }],
    ['KAFKA_TLS_CA_FILE', { KAFKA_TLS_CA_FILE: '/ca' }],
    ['KAFKA_TLS_CERT_FILE', { ...TLS, KAFKA_TLS_CERT_FILE: '/c' }],
    ['KAFKA_TLS', { ...TLS, KAFKA_TLS_CA_FILE: '/no/ca' }],
    ['KAFKA_SASL_MECHANISM', { KAFKA_SASL_MECHANISM: 'gssapi' }],
    ['KAFKA_SASL_MECHANISM', { KAFKA_SASL_MECHANISM: 'plain', ...PASSWORD }],
    ['KAFKA_SASL_USERNAME', USER],
    ['KAFKA_SASL_PASSWORD', { ...PLAIN, ...USER }],
    ['KAFKA_SASL_PASSWORD', { ...PLAIN, ...PASSWORD, KAFKA_SASL_PASSWORD_FILE: '/f' }],
    ['KAFKA_SASL_TOKEN_COMMAND', OAUTH],
    ['KAFKA_SASL_TOKEN_COMMAND', { ...OAUTH, KAFKA_SASL_TOKEN_COMMAND: 'print-token' }],
    ['KAFKA_SASL_TOKEN_COMMAND', { KAFKA_SASL_TOKEN_COMMAND: '["print-token"]' }],
  ])('The configuration names %s for %j', (name, env) => {
    expect(namesOf(env)).toEqual([name]);
  });

  it('isKafkaPlaintext is true without TLS, unless all brokers are on this machine', () => {
    const local = [{ KAFKA_BROKERS: '127.0.0.1:1,[::1]:2' }, { KAFKA_BROKERS: '127.0.0.1:1,h:2' }];
    const plaintext = [{}, TLS, ...local].map((env) => isKafkaPlaintext(read(env)));
    expect(plaintext).toEqual([true, false, false, true]);
  });

  it('kafkaClientSettings creates topics by default, acknowledged by two brokers if there are three replicas', () => {
    const of = (env: Record<string, string>) => kafkaClientSettings(read(env), () => undefined);
    const topics = { create: true, partitions: 48, replicationFactor: 1, minInsyncReplicas: 1 };
    const settings = { brokers: ['h:9092'], topicPrefix: '', rackId: 'r1', topics };
    expect(of({ KAFKA_RACK_ID: 'r1' })).toEqual(settings);
    expect(of({ KAFKA_CREATE_TOPICS: 'off' }).topics.create).toBe(false);
    const inSync = (factor: string, more: Record<string, string> = {}) =>
      of({ KAFKA_REPLICATION_FACTOR: factor, ...more }).topics.minInsyncReplicas;
    expect([inSync('2'), inSync('3'), inSync('3', { KAFKA_MIN_INSYNC_REPLICAS: '1' })]).toEqual([1, 2, 1]);
  });
});
