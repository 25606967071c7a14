import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, readConfig, withCrossChecks } from './config.js';
import { isKafkaPlaintext, kafkaClientSettings, kafkaSettings } from './kafka-settings.js';

const schema = withCrossChecks(z.object(kafkaSettings));
const read = (env: Record<string, string>) => readConfig(schema, { KAFKA_BROKERS: 'h:9092', ...env });
const faultsOf = (env: Record<string, string>) => {
  try {
    read(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map((fault) => fault.split(':')[0]);
  }
};

const PASSWORD = { KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' };

describe('kafkaSettings', () => {
  it.each([
    [{}],
    [{ KAFKA_TLS: 'on' }],
    [{ KAFKA_TLS: 'on', KAFKA_SASL_MECHANISM: 'plain', ...PASSWORD }],
    [
      {
        KAFKA_BROKERS: '127.0.0.1:1,localhost:2,[::1]:3',
        KAFKA_SASL_MECHANISM: 'scram-sha-512',
        ...PASSWORD,
      },
    ],
    [{ KAFKA_TLS: 'on', KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_TOKEN_COMMAND: '["print-token"]' }],
  ])('The configuration accepts %j', (env) => {
    expect(faultsOf(env)).toEqual([]);
  });

  it.each<[string, Record<string, string>]>([
    ['KAFKA_TLS', { KAFKA_TLS: 'yes' }],
    ['KAFKA_CREATE_TOPICS', { KAFKA_CREATE_TOPICS: 'no' }],
    ['KAFKA_MIN_INSYNC_REPLICAS', { KAFKA_MIN_INSYNC_REPLICAS: '0' }],
    ['KAFKA_MIN_INSYNC_REPLICAS', { KAFKA_MIN_INSYNC_REPLICAS: '2' }],
    ['KAFKA_MIN_INSYNC_REPLICAS', { KAFKA_REPLICATION_FACTOR: '3', KAFKA_MIN_INSYNC_REPLICAS: '4' }],
    ['KAFKA_TLS_CA_FILE', { KAFKA_TLS_CA_FILE: '/ca' }],
    ['KAFKA_TLS_CERT_FILE', { KAFKA_TLS: 'on', KAFKA_TLS_CERT_FILE: '/c' }],
    ['KAFKA_TLS', { KAFKA_TLS: 'on', KAFKA_TLS_CA_FILE: '/no/ca' }],
    ['KAFKA_SASL_MECHANISM', { KAFKA_SASL_MECHANISM: 'gssapi' }],
    ['KAFKA_SASL_MECHANISM', { KAFKA_SASL_MECHANISM: 'plain', ...PASSWORD }],
    ['KAFKA_SASL_USERNAME', { KAFKA_SASL_USERNAME: 'u' }],
    ['KAFKA_SASL_PASSWORD', { KAFKA_TLS: 'on', KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'u' }],
    [
      'KAFKA_SASL_PASSWORD',
      { KAFKA_TLS: 'on', KAFKA_SASL_MECHANISM: 'plain', ...PASSWORD, KAFKA_SASL_PASSWORD_FILE: '/f' },
    ],
    ['KAFKA_SASL_TOKEN_COMMAND', { KAFKA_TLS: 'on', KAFKA_SASL_MECHANISM: 'oauthbearer' }],
    [
      'KAFKA_SASL_TOKEN_COMMAND',
      { KAFKA_TLS: 'on', KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_TOKEN_COMMAND: 'print-token' },
    ],
    ['KAFKA_SASL_TOKEN_COMMAND', { KAFKA_SASL_TOKEN_COMMAND: '["print-token"]' }],
  ])('The configuration names %s for %j', (name, env) => {
    expect(faultsOf(env)).toEqual([name]);
  });

  it('isKafkaPlaintext is true without TLS, unless all brokers are on this machine', () => {
    expect(isKafkaPlaintext(read({}))).toBe(true);
    expect(isKafkaPlaintext(read({ KAFKA_TLS: 'on' }))).toBe(false);
    expect(isKafkaPlaintext(read({ KAFKA_BROKERS: '127.0.0.1:1,[::1]:2' }))).toBe(false);
    expect(isKafkaPlaintext(read({ KAFKA_BROKERS: '127.0.0.1:1,h:2' }))).toBe(true);
  });

  it('kafkaClientSettings creates topics by default, acknowledged by two brokers if there are three replicas', () => {
    const of = (env: Record<string, string>) => kafkaClientSettings(read(env), () => undefined);
    expect(of({ KAFKA_RACK_ID: 'r1' })).toEqual({
      brokers: ['h:9092'],
      topicPrefix: '',
      rackId: 'r1',
      topics: { create: true, partitions: 48, replicationFactor: 1, minInsyncReplicas: 1 },
    });
    expect(of({ KAFKA_CREATE_TOPICS: 'off' }).topics.create).toBe(false);
    const inSync = (env: Record<string, string>) => of(env).topics.minInsyncReplicas;
    expect(inSync({ KAFKA_REPLICATION_FACTOR: '2' })).toBe(1);
    expect(inSync({ KAFKA_REPLICATION_FACTOR: '3' })).toBe(2);
    expect(inSync({ KAFKA_REPLICATION_FACTOR: '3', KAFKA_MIN_INSYNC_REPLICAS: '1' })).toBe(1);
  });
});
