import { describe, expect, it } from '@jest/globals';
import { databaseConnection, databaseFaults, isDatabasePlaintext } from './database-settings.js';

const faultOf = (query: string) =>
  databaseFaults({ DATABASE_URL: `postgres://u:p@h/d${query}` }).DATABASE_URL;
const REST = { DATABASE_POOL_SIZE: 10, DATABASE_MAX_LIFETIME_S: 1800 };
const settings = (DATABASE_URL: string) => ({ DATABASE_URL, ...REST });

describe('databaseFaults', () => {
  it.each(['', '?sslmode=disable', '?sslmode=verify-full', '?connect_timeout=3'])(
    'databaseFaults accepts a URL that ends in "%s"',
    (query) => expect(faultOf(query)).toBeUndefined(),
  );

  it.each(['require', 'prefer', 'verify-ca', 'no-verify', ''])(
    'databaseFaults rejects sslmode "%s"',
    (mode) => {
      expect(faultOf(`?sslmode=${mode}`)).toBe('sslmode must be verify-full or disable');
    },
  );

  it.each([
    ['?ssl=true', 'ssl is not supported; use sslmode=verify-full'],
    ['?uselibpqcompat=true', 'uselibpqcompat is not supported; use sslmode=verify-full'],
    ['?sslrootcert=/ca', 'sslrootcert, sslcert and sslkey need sslmode=verify-full'],
    ['?sslmode=disable&sslkey=/k', 'sslrootcert, sslcert and sslkey need sslmode=verify-full'],
    ['?sslmode=verify-full&sslcert=/c', 'sslcert and sslkey need each other'],
    ['?sslmode=verify-full&sslrootcert=/no/ca', 'cannot read /no/ca (ENOENT)'],
  ])('databaseFaults rejects %s', (query, fault) => {
    expect(faultOf(query)).toBe(fault);
  });

  it('databaseFaults rejects an unreadable password file, and one beside a password in the URL, without the password', () => {
    const DATABASE_PASSWORD_FILE = '/no/such/file';
    const faults = (DATABASE_URL: string) => databaseFaults({ DATABASE_URL, DATABASE_PASSWORD_FILE });
    const both = 'DATABASE_URL has a password too; only one of them may be set';
    const unreadable = 'cannot read /no/such/file (ENOENT)';
    expect(faults('postgres://u@h/d')).toEqual({ DATABASE_PASSWORD_FILE: unreadable });
    expect(faults('postgres://u:p@h/d')).toEqual({ DATABASE_PASSWORD_FILE: both });
  });
});

describe('isDatabasePlaintext', () => {
  it.each([
    ['postgres://h/d', true],
    ['postgres://h/d?sslmode=disable', true],
    ['postgres://h/d?sslmode=verify-full', false],
    ['postgres://127.0.0.1/d', false],
    ['postgres://[::1]/d', false],
    ['postgres://localhost:5432/d?sslmode=disable', false],
    ['postgres://localhost/d?host=h', true],
  ])('isDatabasePlaintext(%s) is %s', (url, expected) => {
    expect(isDatabasePlaintext(settings(url))).toBe(expected);
  });
});

describe('databaseConnection', () => {
  it('databaseConnection removes the parameters of TLS, which pg would read by itself, from the URL', () => {
    const url = 'postgres://u:p%40@h/d?sslmode=disable&connect_timeout=3';
    const { tls, ...connection } = databaseConnection(settings(url), 'wxa-cli quota', () => undefined);
    expect(tls).toBeUndefined();
    const withoutTls = 'postgres://u:p%40@h/d?connect_timeout=3';
    const rest = { applicationName: 'wxa-cli quota', poolSize: 10, maxLifetimeS: 1800 };
    expect(connection).toEqual({ url: withoutTls, ...rest });
  });
});
