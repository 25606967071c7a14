import { expect, it } from '@jest/globals';
import { UsageError } from '../exit-codes.js';
import { usageOf } from './call.js';
import { parsedArguments } from './parsed-arguments.js';

const options = { appid: { type: 'string' }, labels: { type: 'string', multiple: true } } as const;

it('An option that is given twice is refused, unless it takes several values', () => {
  const twice = ['--appid', 'wx0123456789abcdef', '--appid=wxfedcba9876543210'];
  expect(() => parsedArguments(options, twice)).toThrow(new UsageError('--appid is given more than once'));
  expect(parsedArguments(options, ['--labels', 'a', '--labels', 'b']).values.labels).toEqual(['a', 'b']);
});

it('Options that the gateway requires have no brackets, and values that it refuses are not offered', () => {
  expect(usageOf({ rpc: 'CodeManagement/Commit' })).toMatch(/ --template-id NUMBER .* --user-version TEXT /);
  expect(usageOf({ rpc: 'Audits/ListAudits' })).toContain('[--state APPROVED|REJECTED|PENDING|WITHDRAWN]');
});
