import { status as Code } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { useSharedWorld, world } from '../use-world.js';
import { ask, CHANGE_CASES, effects, ended, prepared } from './change-cases.js';

useSharedWorld('doubts');

const API = 'wxa/get_qrcode';
/** More calls than it takes to open the circuit breaker. */
const CALLS = 40;

async function breakerOpen(): Promise<string | undefined> {
  const metrics = await (await fetch(`${world.stack.addresses.workers[0]}/metrics`)).text();
  return /^wxa_circuit_breaker_open (\d)/m.exec(metrics)?.[1];
}

it.each([
  [431, Code.INVALID_ARGUMENT, 'HTTP_REFUSED'],
  [404, Code.INTERNAL, 'HTTP_REFUSED'],
  [403, Code.UNAVAILABLE, 'HTTP_STATUS'],
])(
  'A query answered with HTTP %d and no errcode fails after one call and leaves the circuit breaker closed',
  async (status, code, reason) => {
    const appid = newAppid();
    await world.sim.addFault({ api: API, appid, kind: 'status', status, times: 0 });
    const calls = Array.from({ length: CALLS }, () => world.call('GetTrialQrCode', { appid }));
    const answers = await Promise.allSettled(calls);
    const refusal = { status: 'rejected', reason: expect.objectContaining({ code }) };
    expect(answers).toEqual(Array(CALLS).fill(refusal));
    const rows = await world.sql<{ reason: string; hint: string }>(
      `select error ->> 'reason' as reason, error ->> 'hint' as hint from operations where appid = $1`,
      [appid],
    );
    expect(new Set(rows.map((row) => row.reason))).toEqual(new Set([reason]));
    expect(rows[0]?.hint).not.toContain('WeChat may have executed an earlier attempt');
    expect(await world.sim.calls({ appid, api: API })).toHaveLength(CALLS);
    expect(await breakerOpen()).toBe('0');
  },
  60_000,
);

it('A change answered with HTTP 431 before it was executed fails after one call and is never in doubt', async () => {
  const runs = await Promise.all(
    CHANGE_CASES.map(async (one) => {
      const appid = newAppid();
      const ready = await prepared(one, world, appid);
      const before = (await effects(one, world, appid)).length;
      await world.sim.addFault({ api: one.api, appid, kind: 'status', status: 431, when: 'before' });
      const operation = await ended(world, (await ask(ready, world, appid)).id);
      const doubts = world.messages('OperationInDoubt', appid);
      return { operation, effects: (await effects(one, world, appid)).length - before, doubts };
    }),
  );
  for (const { operation, ...run } of runs) {
    expect(operation).toMatchObject({
      ...{ state: 'OPERATION_STATE_FAILED', attempts: 1 },
      error: { errcode: 0, reason: 'HTTP_REFUSED', retryable: false },
    });
    expect(run).toEqual({ effects: 0, doubts: [] });
  }
}, 60_000);
