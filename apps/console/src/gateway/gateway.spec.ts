import { expect, it } from '@jest/globals';
import { METHODS } from '@wxa/contracts';
import { deadlineOf } from './gateway.js';

it('What WeChat answers, and a transaction that may be long, has 30 s; all else has 5', () => {
  const queries = Object.entries(METHODS).flatMap(([name, { kind }]) => (kind === 'query' ? [name] : []));
  expect(queries).toEqual(expect.arrayContaining(['GetVersionInfo', 'GetDomains', 'GetPlatformDomains']));
  const long = [
    ...queries,
    'WaitOperation',
    'CreateRollout',
    'StartRollout',
    'StopApis',
    'LiftApiStop',
    'LiftApiStops',
  ];
  expect(new Set(long.map(deadlineOf))).toEqual(new Set([30_000]));
  const short = ['Release', 'GetRollout', 'ListOperations', 'GetPlatformStatus', 'toString'];
  expect(new Set(short.map(deadlineOf))).toEqual(new Set([5_000]));
});
