import { beforeAll, describe, expect, it } from '@jest/globals';
import { CommitRequest, ListPagesRequest, OperationState } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { call, refusalOf } from './calls.js';
import { useSharedGateway } from './use-gateway.js';

const DAY_MS = 86_400_000;
const { gateway } = useSharedGateway();
let id: string;

beforeAll(async () => {
  const request = CommitRequest.fromPartial({
    appid: newAppid(),
    templateId: 1n,
    userVersion: 'V1',
  });
  ({ id } = await call(gateway.code, gateway.code.commit, request));
});

const wait = (deadlineMs: number) => {
  const timeout = { seconds: 0n, nanos: 300_000_000 };
  return call(
    gateway.operations,
    gateway.operations.waitOperation,
    { id, timeout, untilFinal: false },
    { deadlineMs },
  );
};

describe('gRPC deadlines', () => {
  it.each([
    ['24 days', 24 * DAY_MS],
    // A signed 32-bit integer holds 24.85 days of milliseconds; up to twice that it overflows to a negative number.
    ['25 days', 25 * DAY_MS],
    ['49 days', 49 * DAY_MS],
    ['10,000 years', 3.65e6 * DAY_MS],
  ])('WaitOperation with a deadline of %s returns the operation', async (_name, deadlineMs) => {
    expect((await wait(deadlineMs)).state).toBe(OperationState.OPERATION_STATE_QUEUED);
  });

  it('Without a policy the metrics count calls by status for the caller none', async () => {
    const count = async (code: string) => {
      const text = await (await fetch(`${gateway.http}/metrics`)).text();
      const line = new RegExp(`^wxa_caller_calls_total\\{caller="none",grpc_code="${code}"\\} (\\d+)`, 'm');
      return Number(line.exec(text)?.[1] ?? 0);
    };
    const [ok, late] = [await count('OK'), await count('DeadlineExceeded')];
    await wait(DAY_MS);
    await refusalOf(
      call(gateway.code, gateway.code.listPages, ListPagesRequest.fromPartial({ appid: newAppid() }), {
        deadlineMs: 500,
      }),
    );
    await eventually(async () => (await count('DeadlineExceeded')) === late + 1);
    expect(await count('OK')).toBe(ok + 1);
  });

  // The last one: the gateway may count its call after the answer.
  it('WaitOperation with a deadline of 1 ms fails with DEADLINE_EXCEEDED', async () => {
    expect(await refusalOf(wait(1))).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });
});
