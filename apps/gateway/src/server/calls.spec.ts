import { status as Code } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import { packageDefinition } from '../decode/decode-request.js';
import { logCalls } from './calls.js';

const RPCS = Object.values(packageDefinition).flatMap((service) =>
  Object.values(service).map(({ path }) => path.replace('/wxa.code.v1.', '')),
);

/** How many of two successful calls are logged if one read in 100 is. */
function linesOf(method: string): number {
  const lines: object[] = [];
  const log = logCalls({ info: (fields) => void lines.push(fields), level: 'info' }, 100);
  for (const durationMs of [1, 2])
    log({
      ...{ method, code: Code.OK, reason: undefined, durationMs, peer: () => 'ip' },
      ...{ metadata: undefined, appid: undefined, id: undefined },
    });
  return lines.length;
}

it('Every successful call that changes something has a line, and reads are sampled', () => {
  const logged = RPCS.filter((method) => linesOf(method) === 2);
  expect(RPCS.filter((method) => !logged.includes(method)).map((method) => method.split('/')[1])).toEqual(
    RPCS.map((method) => method.split('/')[1]).filter((rpc) => /^(Get|List|Watch|Wait)/.test(rpc ?? '')),
  );
  expect(logged).toEqual(expect.arrayContaining(['CodeManagement/Commit', 'Platform/LiftApiStop']));
  expect(linesOf('Health/Check')).toBe(1);
});
