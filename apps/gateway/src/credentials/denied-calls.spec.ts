import { status as Code } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import type { DeniedCount } from '@wxa/store';
import { rpcError } from '../errors/rpc-error.js';
import { DeniedCalls, isDenied } from './denied-calls.js';

const logger = { warn: () => undefined } as never;
const method = 'CodeManagement/Release';
const CALL = { caller: 'shop', method, code: 'PermissionDenied', peer: '10.0.0.1' };

it('A flood of denied calls is one row per caller, written after the calls, with at most 21 names of methods', async () => {
  const written: (readonly DeniedCount[])[] = [];
  const denied = new DeniedCalls(logger);
  denied.start({ callers: { recordDenied: async (counts) => void written.push(counts) } });
  for (let i = 0; i < 10_000; i++)
    denied.add({ caller: '', method: `Any/${i}`, code: 'Unauthenticated', peer: `10.0.0.${i % 9}` });
  denied.add(CALL);
  denied.add({ ...CALL, peer: '10.0.0.2' });
  expect(written).toEqual([]);
  await denied.stop();
  const [[unknown, shop, ...more] = [], ...others] = written;
  expect([more, others]).toEqual([[], []]);
  expect(unknown).toMatchObject({ caller: '(unknown)', calls: 10_000, codes: { Unauthenticated: 10_000 } });
  expect(Object.keys(unknown?.methods ?? {})).toHaveLength(21);
  expect(unknown?.methods).toMatchObject({ 'Any/0': 1, others: 9_980 });
  const counted = { calls: 2, codes: { PermissionDenied: 2 }, methods: { [method]: 2 } };
  expect(shop).toMatchObject({ caller: 'shop', peer: '10.0.0.2', ...counted });
});

it('Denied calls are counted on while Postgres is unavailable, and no call is counted twice', async () => {
  const written: number[] = [];
  let isAvailable = false;
  const denied = new DeniedCalls(logger);
  const recordDenied = async (counts: readonly DeniedCount[]) => {
    if (!isAvailable) throw new Error('unavailable');
    written.push(...counts.map(({ calls }) => calls));
  };
  denied.start({ callers: { recordDenied } });
  denied.add(CALL);
  const writing = denied.write();
  denied.add(CALL);
  denied.add(CALL);
  isAvailable = true;
  await writing;
  await denied.stop();
  expect(written).toEqual([1, 2]);
});

it('A refusal of WeChat is no denied call, although its code is PERMISSION_DENIED', () => {
  const refusal = (reason: 'PERMISSION_SET_MISSING' | 'CALLER_NOT_ALLOWED' | 'CALLER_UNKNOWN') => {
    const { code, metadata } = rpcError(reason, 'refused');
    return isDenied(code, metadata);
  };
  expect(refusal('PERMISSION_SET_MISSING')).toBe(false);
  expect(refusal('CALLER_NOT_ALLOWED')).toBe(true);
  expect(refusal('CALLER_UNKNOWN')).toBe(true);
  expect(isDenied(Code.OK)).toBe(false);
});
