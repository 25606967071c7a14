import { describe, expect, it } from '@jest/globals';
import { ApplyPrivacyInterfaceRequest, type PrivacyInterfaceApplication } from '@wxa/contracts';
import type { PrivacyInterface, PrivacyInterfaceState } from '@wxa/wxa-client';
import { answers, concluded, invalidFields, ran, rejects, snapshotOf, timesOut } from '../fixtures/wechat.js';
import { applyPrivacyInterface } from './apply-privacy-interface.js';

const REQUEST = ApplyPrivacyInterfaceRequest.fromPartial({
  apiName: 'wx.getLocation',
  application: { content: '展示门店', videoUrl: 'https://a.cn/v.mp4' },
});

const listed = (state: PrivacyInterfaceState, auditId = 0n, apiName = 'wx.getLocation') =>
  answers({ interfaces: [{ apiName, state, auditId } as PrivacyInterface] });

const run = (read: object, apply: object = answers({ auditId: 7n })) =>
  ran(applyPrivacyInterface, REQUEST, { listPrivacyInterfaces: read, applyPrivacyInterface: apply });

describe('ApplyPrivacyInterface', () => {
  it.each(['AVAILABLE', 'REFUSED'] as const)('An interface that is %s is applied for.', async (state) => {
    const { result, calls } = await run(listed(state));
    expect(result).toEqual({ kind: 'ok', value: { auditId: 7n } });
    expect(calls).toEqual(['listPrivacyInterfaces', 'applyPrivacyInterface']);
  });

  it.each<[string, object]>([
    ['NOT_PERMITTED', listed('NOT_PERMITTED')],
    ['IN_REVIEW', listed('IN_REVIEW')],
    ['OPEN', listed('OPEN')],
    ['UNSPECIFIED', listed('UNSPECIFIED')],
    ['not in the list', listed('AVAILABLE', 0n, 'wx.getlocation')],
  ])(
    'An interface that is %s fails with INTERFACE_NOT_APPLICABLE, without an application.',
    async (why, read) => {
      const { result, calls } = await run(read);
      expect(result).toMatchObject({
        ...{ kind: 'error', sent: false },
        error: { reason: 'INTERFACE_NOT_APPLICABLE', errmsg: expect.stringContaining(why) },
      });
      expect(calls).toEqual(['listPrivacyInterfaces']);
    },
  );

  it('Nothing is sent if the list gets no answer or is rejected.', async () => {
    const unread = { kind: 'retryable', cause: 'connect', sent: false };
    expect((await run(timesOut)).result).toMatchObject(unread);
    expect((await run(rejects(48001))).result).toMatchObject({ kind: 'error', sent: false });
  });

  it.each([61031, 61032, 61033, 61034, 61035])(
    'An application that WeChat rejects with %i fails.',
    async (errcode) => {
      const { result } = await run(listed('AVAILABLE'), rejects(errcode));
      expect(result).toMatchObject({ kind: 'error', error: { errcode } });
    },
  );

  it('An application without an answer is ambiguous.', async () => {
    expect((await run(listed('AVAILABLE'), timesOut)).result).toMatchObject({ kind: 'ambiguous' });
  });
});

describe('ApplyPrivacyInterface, reconciled', () => {
  it.each<[string, { auditId: bigint } | null, object]>([
    ['WeChat has another application', { auditId: 8n }, { kind: 'executed', result: { auditId: 8n } }],
    ['WeChat has the application of before', { auditId: 7n }, { kind: 'not-executed' }],
    ['the interface is not listed any more', null, { kind: 'not-executed' }],
  ])('If %s, it is concluded accordingly.', async (_what, now, conclusion) => {
    const client = (read: object) => ({ listPrivacyInterfaces: read as never });
    const snapshot = await snapshotOf(applyPrivacyInterface, client(listed('REFUSED', 7n)));
    const read = now === null ? answers({ interfaces: [] }) : listed('REFUSED', now.auditId);
    const concludes = concluded(applyPrivacyInterface, { request: REQUEST, snapshot }, client(read));
    expect(await concludes).toEqual(conclusion);
  });

  it('Without a snapshot it is inconclusive, and 61031 proves an earlier attempt.', async () => {
    const client = { listPrivacyInterfaces: listed('IN_REVIEW', 8n) as never };
    const concludes = concluded(applyPrivacyInterface, { request: REQUEST }, client);
    expect(await concludes).toMatchObject({ kind: 'inconclusive' });
    const proof = { provingCodes: [61031], beforeRetry: 'once-answered' };
    expect(applyPrivacyInterface.reconcile).toMatchObject(proof);
  });
});

it('An application has a reason, and a picture or a video, within the limits of WeChat.', () => {
  const fieldsOf = (request: object) =>
    invalidFields(applyPrivacyInterface, ApplyPrivacyInterfaceRequest.fromPartial(request));
  const fields = (application: Partial<PrivacyInterfaceApplication>) => fieldsOf({ ...REQUEST, application });
  expect([fieldsOf(REQUEST), fieldsOf({})]).toEqual([[], ['api_name', 'application']]);
  const content = '展示门店';
  expect(fields({ content })).toEqual(['application']);
  expect(fields({ videoUrl: 'https://a.cn/v.mp4' })).toEqual(['application.content']);
  expect(fields({ content: '字'.repeat(301), videoUrl: 'https://a.cn' })).toEqual(['application.content']);
  const many = Array(11).fill('https://a.cn/1');
  expect(fields({ content, pictureUrls: many })).toEqual(['application.picture_urls']);
  const wrong = ['application.picture_urls[0]', 'application.video_url'];
  expect(fields({ content, pictureUrls: ['ftp://a.cn'], videoUrl: 'x' })).toEqual(wrong);
});
