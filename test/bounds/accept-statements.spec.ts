import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CommitRequest } from '@wxa/contracts';
import { TestPolicy } from '../callers/test-policy.js';
import { call } from '../gateway/calls.js';
import { newBackends, type RunningGateway, startGateway } from '../gateway/running-gateway.js';
import { PlanLog } from './logged-plans.js';

const COMMITS = 20;
const policy = new TestPolicy({
  unlimited: {},
  limited: { limits: { perSecond: 1_000, burst: 1_000, unfinished: 1_000, uploadBytes: 1_000_000 } },
});

let postgres: PlanLog;
let gateway: RunningGateway;
beforeAll(async () => {
  postgres = await PlanLog.start();
  const backends = { ...(await newBackends()), databaseUrl: postgres.url };
  gateway = await startGateway(backends, { AUTH_POLICY_FILE: policy.file });
});
afterAll(async () => {
  await gateway?.stop();
  await postgres?.stop();
});

/** How often each statement runs while a caller makes some changes, one after the other. */
async function statements(caller: string): Promise<Map<string, number>> {
  const plans = await postgres.plansOf(async () => {
    for (let n = 0; n < COMMITS; n += 1) {
      const appid = `wx${n.toString(16).padStart(16, '0')}`;
      const request = CommitRequest.fromPartial({ appid, userVersion: 'V1', templateId: 1n });
      await call(gateway.code, gateway.code.commit, request, { headers: policy.headers(caller) });
    }
  });
  const counts = new Map<string, number>();
  for (const { text } of plans) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

it('An accept of a caller with limits runs the same statements as one of a caller without', async () => {
  await statements('unlimited');
  const [without, withLimits] = [await statements('unlimited'), await statements('limited')];
  // Others belong to no call: the relay and the counts that a gateway reads at an interval.
  const ofEachCall = [...withLimits].filter(([, count]) => count >= COMMITS).map(([text]) => text);
  expect(ofEachCall).toContainEqual(expect.stringContaining('insert into operations'));
  for (const text of ofEachCall)
    expect([text, (without.get(text) ?? 0) >= COMMITS / 2]).toEqual([text, true]);
});
