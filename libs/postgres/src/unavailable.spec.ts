import { describe, expect, it } from '@jest/globals';
import { isDataFault, isUnavailable } from './unavailable.js';

const coded = (code: string) => Object.assign(new Error('x'), { code });

describe('isUnavailable', () => {
  it.each([
    ...['ECONNREFUSED', '57P01', '57P03', '08006', '53300', '57014'].map((code) => ['a lost server', code]),
    ['a transaction that stood still', '25P03'],
    ['a password that was changed', '28P01'],
    ['a role that may not log in', '28000'],
    ['a database that does not exist', '3D000'],
    ['a revoked privilege', '42501'],
    ['a process without file descriptors', 'EMFILE'],
    ['a machine without file descriptors', 'ENFILE'],
    ['a machine without free ports', 'EADDRNOTAVAIL'],
    ['a certificate that has expired', 'CERT_HAS_EXPIRED'],
    ['a certificate of an unknown authority', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['a certificate that is self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['a certificate of another host', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['a TLS handshake that failed', 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'],
  ])('isUnavailable is true for %s (%s)', (_what, code = '') => {
    expect(isUnavailable(coded(code))).toBe(true);
  });

  it('isUnavailable is true for errors of the pool that have no code', () => {
    expect(isUnavailable(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isUnavailable(new Error('The server does not support SSL connections'))).toBe(true);
    expect(isUnavailable(new AggregateError([coded('ECONNREFUSED')]))).toBe(true);
  });

  it.each(['23505', '42601', '22P02'])('isUnavailable is false for %s', (code) => {
    expect(isUnavailable(coded(code))).toBe(false);
  });

  it('isUnavailable is false for errors of other origin', () => {
    expect([new TypeError('x is not a function'), 'text'].map(isUnavailable)).toEqual([false, false]);
  });
});

describe('isDataFault', () => {
  it.each(['22003', '22021', '22P05', '23505', '23514', '54000'])('isDataFault is true for %s', (code) => {
    expect(isDataFault(coded(code))).toBe(true);
  });

  it.each([
    ...['08006', '25006', '28000', '28P01', '3D000', '40001', '40P01', '42501', '42703', '53300', '57P01'],
    ...['XX000', 'ECONNRESET', 'EMFILE', 'EADDRNOTAVAIL', 'CERT_HAS_EXPIRED'],
    'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR',
  ])('isDataFault is false for %s', (code) => {
    expect(isDataFault(coded(code))).toBe(false);
  });

  it('isDataFault is false for errors without a code', () => {
    const others = [new Error('Connection terminated unexpectedly'), new TypeError('no function'), '22003'];
    expect(others.map(isDataFault)).toEqual([false, false, false]);
  });
});
