import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, readConfig, withCrossChecks } from './config.js';
import { databaseSettings } from './database-settings.js';

const schema = withCrossChecks(z.object(databaseSettings));
const PARTS = { DATABASE_HOST: 'db', DATABASE_NAME: 'wxa_code', DATABASE_USER: 'wxa' };

function faultsOf(environment: Record<string, string>): string[] {
  try {
    readConfig(schema, environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults;
  }
}

describe('databaseParts', () => {
  it.each([
    [{ ...PARTS }, 'postgres://wxa@db/wxa_code'],
    [{ ...PARTS, DATABASE_HOST: '::1', DATABASE_PORT: '5433' }, 'postgres://wxa@[::1]:5433/wxa_code'],
    [
      { ...PARTS, DATABASE_USER: 'a@b', DATABASE_PASSWORD: 'p@ss/w?rd#100%' },
      'postgres://a%40b:p%40ss%2Fw%3Frd%23100%25@db/wxa_code',
    ],
  ])('The parts %j are the address %s', (parts, url) => {
    expect(readConfig(schema, parts).DATABASE_URL).toBe(url);
  });

  it.each<[Record<string, string>, string[]]>([
    [
      { DATABASE_HOST: 'db' },
      ['DATABASE_NAME: required with DATABASE_HOST', 'DATABASE_USER: required with DATABASE_HOST'],
    ],
    [{ DATABASE_URL: 'postgres://h/d', DATABASE_USER: 'wxa' }, ['DATABASE_USER: needs DATABASE_HOST']],
    [{ ...PARTS, DATABASE_HOST: 'db/x' }, ['DATABASE_HOST: must be a host name or an IP address']],
    [{ ...PARTS, DATABASE_PORT: '99999' }, ['DATABASE_PORT: must be at most 65535']],
    [
      { ...PARTS, DATABASE_NAME: 'a/b' },
      ['DATABASE_NAME: must be letters, digits, dots, dashes, underscores'],
    ],
    [
      { ...PARTS, DATABASE_URL: 'postgres://h/d' },
      ['DATABASE_HOST: only one of DATABASE_URL, DATABASE_HOST may be set'],
    ],
  ])('The configuration %j is rejected by name: %j', (environment, faults) => {
    expect(faultsOf(environment)).toEqual(faults);
  });

  it('A password given by value and by file is rejected, and neither is repeated', () => {
    const both = { ...PARTS, DATABASE_PASSWORD: 'p@ss', DATABASE_PASSWORD_FILE: '/dev/null' };
    expect(faultsOf(both)).toEqual([
      'DATABASE_PASSWORD_FILE: DATABASE_PASSWORD is set too; only one of them may be set',
    ]);
  });

  it.each(['postgres://u:1/x@db:5432/d', 'postgres://u:1#x@db/d', 'postgres://u:p/x@db/d'])(
    'A DATABASE_URL whose password is not percent-encoded is rejected without it: %s',
    (url) => {
      expect(faultsOf({ DATABASE_URL: url })).toEqual([
        'DATABASE_URL: must be a postgres:// URL with a percent-encoded user and password',
      ]);
    },
  );
});
