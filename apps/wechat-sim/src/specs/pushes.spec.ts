import { describe, expect, it } from '@jest/globals';
import { APPID, simWithCallback, untilSo } from './sim-under-test.js';

const { callback, commit, control, submit } = simWithCallback({
  ...{ callbackMode: 'secure', callbackToken: 'pamtest', componentAppid: 'wxb11529c136998cb6' },
  ...{ encodingAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG', pushTimeoutMs: 60_000, pushRetryMs: 1 },
});

async function openAudit(): Promise<void> {
  await commit();
  await submit();
}

/** The callbacks in the ledger, once this many have ended. */
async function endedPushes(count: number) {
  const ended = async () => (await control().pushes()).filter((push) => push.endedAt !== null);
  await untilSo(async () => (await ended()).length >= count);
  return control().pushes();
}

describe('callbacks of a decision', () => {
  it('A callback is sent up to three times until it gets success', async () => {
    callback.answers = ['lost', { status: 500, body: '' }, { status: 200, body: 'no' }];
    await openAudit();
    await control().decide(APPID, { decision: 'approve' });
    const tries = await endedPushes(3);
    expect(tries.map(({ attempt, status, answer }) => [attempt, status, answer])).toEqual([
      [1, null, expect.any(String)],
      [2, 500, ''],
      [3, 200, 'no'],
    ]);
    expect((await control().summary()).pushes).toEqual({ weapp_audit_success: { tries: 3, accepted: 0 } });
    expect(callback.received).toHaveLength(3);
  });

  it('A callback is sent as often as requested, or not at all; the one of another audit has another time', async () => {
    await openAudit();
    await control().decide(APPID, { decision: 'delay', push: { none: true } });
    await control().decide(APPID, { decision: 'approve', push: { times: 2, delayMs: 1, gapMs: 1 } });
    await endedPushes(2);
    await openAudit();
    await control().decide(APPID, { decision: 'approve' });
    const [first, second, other] = await endedPushes(3);
    expect([first?.event, second?.event]).toEqual(['weapp_audit_success', 'weapp_audit_success']);
    expect(second?.body).toBe(first?.body);
    expect(other?.body).not.toBe(first?.body);
  });
});

it('A reset cancels callbacks in progress and pending ones', async () => {
  callback.answers = [undefined];
  await openAudit();
  await control().decide(APPID, { decision: 'delay', push: { delayMs: 60_000 } });
  await control().decide(APPID, { decision: 'approve', push: { times: 3 } });
  await callback.pushes(1);
  await control().reset();
  await control().push(APPID, { event: 'weapp_audit_delay' });
  expect(callback.received).toHaveLength(2);
  expect(await control().pushes()).toHaveLength(1);
});

it('No callback of a load waits for the answer of another one', async () => {
  callback.answers = Array(600).fill(undefined);
  await control().startLoad({ rate: 600, seconds: 1, names: ['text'], appids: [APPID] });
  await callback.pushes(600);
  expect((await control().pushes()).filter(({ endedAt }) => endedAt !== null)).toEqual([]);
  await control().reset();
});

it("A callback on request returns the callback's responses, in either mode", async () => {
  callback.answers = [{ status: 403, body: 'refused' }];
  const refused = await control().push(APPID, { event: 'weapp_audit_success', mode: 'plain' });
  expect(refused).toMatchObject({ status: 403, body: 'refused' });
  expect(callback.received[0]?.url.search).toBe('');
  expect(callback.received[0]?.body).toMatch(
    /^<xml>\s+<ToUserName><!\[CDATA\[gh_[0-9a-f]{12}\]\]><\/ToUserName>\s+<FromUserName>/,
  );
  const fields = { ToUserName: 'gh_fb9688c2a4b2', SuccTime: 1488856741, Extra: 'x' };
  const twice = { event: 'weapp_audit_success', fields, times: 2, mode: 'plain' } as const;
  const both = await control().push(APPID, twice);
  expect(both.answers).toEqual(Array(2).fill({ status: 200, body: 'success' }));
  expect(callback.received[2]?.body).toContain('<SuccTime>1488856741</SuccTime>');
  expect(callback.received[2]?.body).toContain('<Extra><![CDATA[x]]></Extra>');
});

const impatient = simWithCallback({ pushTimeoutMs: 50, pushRetryMs: 1 });

it('A callback that is not answered within SIM_PUSH_TIMEOUT_MS is sent again', async () => {
  impatient.callback.answers = [undefined, undefined, undefined];
  await impatient.commit();
  await impatient.submit();
  await impatient.control().decide(APPID, { decision: 'approve' });
  expect(await impatient.callback.pushes(3)).toHaveLength(3);
});
