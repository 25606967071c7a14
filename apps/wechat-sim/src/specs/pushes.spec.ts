import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decryptMessage, sign } from '@wxa/wxa-client';
import { CallbackUnderTest } from './callback-under-test.js';
import { APPID, simUnderTest, until } from './sim-under-test.js';

const encodingAesKey = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const callbackToken = 'pamtest';
const componentAppid = 'wxb11529c136998cb6';

const callback = new CallbackUnderTest();
let callbackUrl = '';
beforeAll(async () => {
  callbackUrl = await callback.listen();
});
const { commit, control, submit } = simUnderTest(() => ({
  callbackUrl,
  callbackToken,
  encodingAesKey,
  componentAppid,
  pushTimeoutMs: 60_000,
  pushRetryMs: 1,
}));
beforeEach(() => {
  callback.received.length = 0;
  callback.answers = [];
});
afterAll(() => callback.close());

async function openAudit(): Promise<void> {
  await commit();
  await submit();
}

/** The callbacks in the ledger, once this many have ended. */
async function endedPushes(count: number) {
  const ended = async () => (await control().pushes()).filter((push) => push.endedAt !== null);
  await until(async () => (await ended()).length >= count);
  return control().pushes();
}

it('A secure callback is the signed and encrypted XML of the decision', async () => {
  await openAudit();
  const decidedAt = Date.now();
  const reason = '1:甲:<br>(1):]]>乙<br>';
  await control().decide(APPID, { decision: 'reject', reason, screenshot: 'a|b' });
  const [push] = await callback.pushes(1);
  const query = push?.url.searchParams ?? new URLSearchParams();
  const encrypt = /<Encrypt><!\[CDATA\[(.*)\]\]><\/Encrypt>/.exec(push?.body ?? '')?.[1] ?? '';
  expect(push?.url.pathname).toBe(`/wechat/callback/${APPID}`);
  expect(query.get('encrypt_type')).toBe('aes');
  const signature = sign(callbackToken, query.get('timestamp') ?? '', query.get('nonce') ?? '', encrypt);
  expect(query.get('msg_signature')).toBe(signature);
  const timestamp = Number(query.get('timestamp'));
  expect(timestamp).toBeGreaterThanOrEqual(Math.floor(decidedAt / 1000));
  expect(timestamp).toBeLessThanOrEqual(Date.now() / 1000);
  const plain = decryptMessage({ encodingAesKey, encrypt });
  expect(plain?.receiveId).toBe(componentAppid);
  expect(plain?.message).toContain('<Event><![CDATA[weapp_audit_fail]]></Event>');
  expect(plain?.message).toContain('<Reason><![CDATA[1:甲:<br>(1):]]]]><![CDATA[>乙<br>]]></Reason>');
  expect(plain?.message).toMatch(/<FailTime>\d{10}<\/FailTime>\s*<ScreenShot><!\[CDATA\[a\|b\]\]>/);
  const accepted = { mode: 'secure', attempt: 1, status: 200, answer: 'success' };
  expect(await endedPushes(1)).toMatchObject([accepted]);
});

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

const impatient = simUnderTest(() => ({
  callbackUrl,
  callbackMode: 'plain',
  pushTimeoutMs: 50,
  pushRetryMs: 1,
}));

it('A callback that is not answered within SIM_PUSH_TIMEOUT_MS is sent again', async () => {
  callback.answers = [undefined, undefined, undefined];
  await impatient.commit();
  await impatient.submit();
  await impatient.control().decide(APPID, { decision: 'approve' });
  expect(await callback.pushes(3)).toHaveLength(3);
});
