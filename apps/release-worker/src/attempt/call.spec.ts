import { expect, it } from '@jest/globals';
import { type Method, WechatCall, WechatCallEffect } from '@wxa/contracts';
import type { ClaimedOperation } from '@wxa/operations';
import { type CallOptions, describeErrcode } from '@wxa/wxa-client';
import { laneEntry } from '../lanes/lane-entry.js';
import { limitsOf } from '../throttle/fixtures/unlimited.js';
import { act } from './call.js';
import { APPID, idleTools, RECORD, RELEASE } from './fixtures/release.js';
import { wechatServer } from './fixtures/wechat-server.js';
import type { CallTools } from './runner-tools.js';

const LEASE_MS = 60_000;

/** Calls WeChat for a release that was claimed at `leaseValidFrom`. @param given replaces some of its fields. */
function called(
  tools: Partial<CallTools>,
  given: Partial<ClaimedOperation> = {},
  leaseValidFrom = performance.now(),
) {
  const operation = { ...RELEASE, ...given };
  return act(
    { ...idleTools(), leaseMarginMs: 1_000, ...tools },
    {
      ...laneEntry(RELEASE.id, APPID, operation.method as Method, RECORD),
      state: { kind: 'claimed', progress: { isRetry: true } },
    },
    operation,
    { kind: 'token', token: 't' },
    { ms: LEASE_MS, validFrom: leaseValidFrom },
  );
}

it('A call must not be sent after its lease has expired, which a snapshot read renews.', async () => {
  const instants: Record<string, number | undefined> = {};
  const record =
    (api: string) =>
    async (_request: unknown, options: CallOptions = {}) => {
      instants[api] = options.notAfter;
      return { kind: 'ok', value: {} } as const;
    };
  const client = Object.assign(idleTools().client, {
    getVersionInfo: record('read'),
    release: record('call'),
  });
  const leaseValidFrom = performance.now() - 500;
  await called({ client }, { snapshot: { version: '1.0' } }, leaseValidFrom);
  expect(instants).toEqual({ call: leaseValidFrom + LEASE_MS });
  await called({ client }, { snapshot: null }, leaseValidFrom);
  expect(instants.read).toBe(leaseValidFrom + LEASE_MS);
  expect(instants.call).toBeGreaterThanOrEqual(leaseValidFrom + 500 + LEASE_MS);
});

it('A speed-up that may have been executed succeeds when WeChat rejects its retry with 89404.', async () => {
  const error = { ...describeErrcode(89404), errcode: 89404, errmsg: '', rid: '', api: 'wxa/speedupaudit' };
  const speedUpAudit = async () => ({ kind: 'error', error }) as const;
  const request = { appid: APPID, auditId: '1' };
  const { decision } = await called(
    { client: Object.assign(idleTools().client, { speedUpAudit }) },
    { method: 'SpeedUpAudit', mayHaveActed: true, request },
  );
  expect(decision).toEqual({ kind: 'succeeded', result: undefined });
});

it('A call whose API is stopped while it gets a connection is not sent, and waits for the end of the stop.', async () => {
  const { client, calls, stop } = await wechatServer();
  let asked = 0;
  const stoppedBy = () => (asked++ === 0 ? undefined : 'operator');
  const { decision, sent } = await called({ client, limits: limitsOf({ stoppedBy }) });
  const waits = { kind: 'retry', afterMs: 0, error: { reason: 'API_STOPPED' } };
  expect([calls, sent, decision]).toMatchObject([[], false, waits]);
  await stop();
});

it('A retry that reads have just confirmed as not executed waits for the end of a stop that comes while it connects.', async () => {
  const versions = { kind: 'ok', value: {} } as const;
  const client = Object.assign(idleTools().client, { getVersionInfo: async () => versions });
  let asked = 0;
  const limits = limitsOf({ stoppedBy: () => (asked++ === 0 ? undefined : 'operator') });
  const retried = {
    method: 'RevertRelease',
    mayHaveActed: true,
    negativeReads: 2,
    snapshot: { version: '' },
  };
  const { decision } = await called({ client, limits }, retried);
  expect(decision).toMatchObject({ kind: 'retry', afterMs: 0, error: { reason: 'API_STOPPED' } });
});

it.each<[string, WechatCallEffect, number, object]>([
  [
    'once is not sent, and its result is unknown',
    WechatCallEffect.WECHAT_CALL_EFFECT_ONCE,
    0,
    { kind: 'failed', error: { reason: 'RESULT_UNKNOWN' } },
  ],
  ['set is sent', WechatCallEffect.WECHAT_CALL_EFFECT_SET, 1, { kind: 'succeeded' }],
])(
  'A queued listed call that may have been sent before a restore with effect %s.',
  async (_title, effect, sent, decision) => {
    const { client, calls, stop } = await wechatServer();
    const request = WechatCall.toJSON(
      WechatCall.fromPartial({ api: 'wxa/setnickname', bodyJson: '{}', effect }),
    );
    const attempt = await called({ client }, { method: 'ChangeWechat', mayHaveActed: true, request });
    expect(calls).toHaveLength(sent);
    expect(attempt.decision).toMatchObject(decision);
    await stop();
  },
);

it('A queued change that may have been executed before a restore and whose snapshot is lost is left to an operator without a read.', async () => {
  const { client, calls, stop } = await wechatServer();
  const { decision, sent } = await called({ client }, { mayHaveActed: true, snapshot: null });
  expect([calls, sent]).toEqual([[], false]);
  expect(decision).toMatchObject({ kind: 'in-doubt', error: { reason: 'UNCLEAR' } });
  await stop();
});
