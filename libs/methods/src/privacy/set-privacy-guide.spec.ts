import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { PrivacyGuide, PrivacyOwner, type RequestOf, SetPrivacyGuideRequest } from '@wxa/contracts';
import type { PrivacySetting } from '@wxa/wxa-client';
import {
  answers,
  CLAIMED_AT,
  concluded,
  contextOf,
  inTurn,
  ran,
  rejects,
  timesOut,
} from '../fixtures/wechat.js';
import { setPrivacyGuide } from './set-privacy-guide.js';

const DAY_S = 86_400;
const SECONDS = CLAIMED_AT.getTime() / 1000;
const sdk = { name: '地图', provider: '某公司', purposes: [{ key: 'Location', text: '定位' }] };
const guide = PrivacyGuide.fromPartial({
  owner: { email: 'a@b.cn', noticeMethod: '弹窗', storageDays: 30, storageRegion: '7' },
  purposes: [
    { key: 'UserInfo', text: '展示头像' },
    { key: 'Phone', text: '联系' },
  ],
  sdks: [sdk],
});
const withText = { ...guide, extraText: '补充说明' };
const liveOwner = PrivacyOwner.fromPartial({ phone: '123', noticeMethod: '公告' });

const requestOf = (value: RequestOf<'SetPrivacyGuide'>['value']): RequestOf<'SetPrivacyGuide'> => ({
  ...SetPrivacyGuideRequest.fromPartial({}),
  value,
});
const OF_GUIDE = requestOf({ $case: 'guide', value: guide });
const OF_TEXT = requestOf({ $case: 'guide', value: withText });
const OF_OWNER = requestOf({ $case: 'liveOwner', value: liveOwner });

/** The guide as WeChat shows it. */
function shown(
  more: Partial<PrivacySetting> = {},
  owner: Partial<PrivacySetting['owner']> = {},
): PrivacySetting {
  return {
    codeExists: true,
    detectedKeys: ['UserInfo', 'Location'],
    purposes: [
      { key: 'Phone', text: '联系' },
      { key: 'Location', text: '' },
      { key: 'UserInfo', text: '展示头像' },
    ],
    owner: {
      ...{ phone: '', email: 'a@b.cn', qq: '', wechat: '', noticeMethod: '弹窗', extFileMediaId: '' },
      storeExpireTimestamp: String(Math.floor(SECONDS) + 30 * DAY_S - 5),
      storeRegion: 7,
      ...owner,
    },
    sdks: [sdk],
    descriptions: [],
    updatedAt: CLAIMED_AT,
    ...more,
  };
}
const EQUAL = answers(shown());
const OTHER = answers(shown({ purposes: [] }));

const sha256 = (text: string) => createHash('sha256').update(text).digest();
const remembering = (text?: string) => {
  const kept: (Buffer | null)[] = [];
  const setup = {
    ...contextOf({}).setup,
    sentPrivacyText: async () => (text === undefined ? undefined : sha256(text)),
    keepSentPrivacyText: async (hash: Buffer | null) => void kept.push(hash),
  };
  return { kept, setup };
};

describe('SetPrivacyGuide', () => {
  it('A guide that WeChat already has is not sent; the result names detected data without a text.', async () => {
    const { result, calls } = await ran(setPrivacyGuide, OF_GUIDE, { getPrivacyGuide: EQUAL });
    const value = { changed: false, uncoveredKeys: ['Location'] };
    expect(result).toEqual({ kind: 'ok', sent: false, value });
    expect(calls).toEqual(['getPrivacyGuide']);
  });

  it.each<[string, Partial<PrivacySetting>, Partial<PrivacySetting['owner']>]>([
    ['a purpose', { purposes: [{ key: 'UserInfo', text: '其他' }] }, {}],
    ['an SDK', { sdks: [] }, {}],
    ['a contact', {}, { phone: '1' }],
    ['the notice method', {}, { noticeMethod: '公告' }],
    ['the days of storage', {}, { storeExpireTimestamp: String(SECONDS + 31 * DAY_S) }],
    ['no end of storage', {}, { storeExpireTimestamp: '' }],
    ['the region', {}, { storeRegion: 0 }],
    ['an additional text', {}, { extFileMediaId: 'm' }],
  ])('A guide that differs in %s is sent and read back.', async (_what, more, owner) => {
    const sent: unknown[] = [];
    const { result, calls } = await ran(setPrivacyGuide, OF_GUIDE, {
      getPrivacyGuide: inTurn(answers(shown(more, owner)), EQUAL),
      setPrivacyGuide: async (request: object) => {
        sent.push(request);
        return { kind: 'ok', value: {} };
      },
    });
    expect(result).toEqual({ kind: 'ok', value: { changed: true, uncoveredKeys: ['Location'] } });
    expect(calls).toEqual(['getPrivacyGuide', 'setPrivacyGuide', 'getPrivacyGuide']);
    const { purposes, sdks } = guide;
    const expected = { email: 'a@b.cn', noticeMethod: '弹窗', storeRegion: 7 };
    expect(sent).toMatchObject([{ purposes, sdks, owner: expected }]);
  });

  it('Without committed code it fails with COMMIT_MISSING, and nothing is sent.', async () => {
    const client = { getPrivacyGuide: answers(shown({ codeExists: false })) };
    const { result, calls } = await ran(setPrivacyGuide, OF_GUIDE, client);
    const error = { reason: 'COMMIT_MISSING', errcode: 0 };
    expect(result).toMatchObject({ kind: 'error', sent: false, error });
    expect(calls).toEqual(['getPrivacyGuide']);
  });

  it('A guide that shows only in the third read back is a success; the pauses are 1 s and 2 s.', async () => {
    const pauses: number[] = [];
    const client = { getPrivacyGuide: inTurn(OTHER, OTHER, OTHER, EQUAL), setPrivacyGuide: answers({}) };
    const pause = async (ms: number) => void pauses.push(ms);
    const { result } = await ran(setPrivacyGuide, OF_GUIDE, client, { pause });
    expect([result.kind, pauses]).toEqual(['ok', [1_000, 2_000]]);
  });

  it('A guide that WeChat accepts and does not show fails with GUIDE_NOT_STORED after three reads.', async () => {
    const client = { getPrivacyGuide: OTHER, setPrivacyGuide: answers({}) };
    const { result, calls } = await ran(setPrivacyGuide, OF_GUIDE, client);
    expect(result).toMatchObject({ kind: 'error', error: { reason: 'GUIDE_NOT_STORED', errcode: 0 } });
    expect(result).not.toHaveProperty('sent');
    expect(calls.filter((name) => name === 'getPrivacyGuide')).toHaveLength(4);
  });

  it.each([
    ['gets no answer', timesOut],
    ['is rejected', rejects(45009)],
  ])('A guide whose read back %s is in doubt, without an errcode of the read.', async (_what, read) => {
    const client = { getPrivacyGuide: inTurn<() => unknown>(OTHER, read), setPrivacyGuide: answers({}) };
    const { result } = await ran(setPrivacyGuide, OF_GUIDE, client);
    expect(result).toMatchObject({ kind: 'ambiguous', error: { errcode: 0, reason: 'UNCLEAR' } });
  });
});

describe('SetPrivacyGuide with an additional text', () => {
  const FILED = answers(shown({}, { extFileMediaId: 'm1' }));

  it('A text that was sent last, and whose file WeChat shows, is not uploaded again.', async () => {
    const { setup } = remembering(withText.extraText);
    const { result, calls } = await ran(setPrivacyGuide, OF_TEXT, { getPrivacyGuide: FILED }, { setup });
    expect([result, calls]).toMatchObject([{ kind: 'ok', value: { changed: false } }, ['getPrivacyGuide']]);
  });

  it.each<[string, string | undefined, () => unknown]>([
    ['another one was sent last', 'else', FILED],
    ['none is known to be sent', undefined, FILED],
    ['WeChat shows no file', withText.extraText, EQUAL],
  ])('A text is uploaded and remembered if %s.', async (_what, sentLast, read) => {
    const { setup, kept } = remembering(sentLast);
    const sent: { owner: object }[] = [];
    const client = {
      getPrivacyGuide: read,
      uploadPrivacyText: answers({ mediaId: 'm2' }),
      setPrivacyGuide: async (request: { owner: object }) => {
        sent.push(request);
        return { kind: 'ok', value: {} };
      },
    };
    const { result, calls } = await ran(setPrivacyGuide, OF_TEXT, client, { setup });
    expect(result).toMatchObject({ kind: 'ok', value: { changed: true } });
    expect(calls).toEqual(['getPrivacyGuide', 'uploadPrivacyText', 'setPrivacyGuide', 'getPrivacyGuide']);
    expect(sent[0]?.owner).toMatchObject({ extFileMediaId: 'm2' });
    expect(kept).toEqual([null, sha256(withText.extraText)]);
  });

  it('A text whose set gets no answer leaves it unknown which one WeChat has.', async () => {
    const { setup, kept } = remembering('else');
    const uploadPrivacyText = answers({ mediaId: 'm2' });
    const client = { getPrivacyGuide: FILED, uploadPrivacyText, setPrivacyGuide: timesOut };
    await ran(setPrivacyGuide, OF_TEXT, client, { setup });
    expect(kept).toEqual([null]);
  });

  it.each<[string, () => unknown, object]>([
    ['gets no answer', timesOut, { kind: 'retryable', cause: 'connect', sent: false }],
    ['is rejected', rejects(40126), { kind: 'error', sent: false, error: { errcode: 40126 } }],
  ])('If the upload %s, no guide is set.', async (_what, upload, expected) => {
    const client = { getPrivacyGuide: OTHER, uploadPrivacyText: upload };
    const { result, calls } = await ran(setPrivacyGuide, OF_TEXT, client);
    expect(result).toMatchObject(expected);
    expect(calls).toEqual(['getPrivacyGuide', 'uploadPrivacyText']);
  });
});

describe('SetPrivacyGuide of the live owner', () => {
  const NOBODY = { email: '', storeExpireTimestamp: '', storeRegion: 0 };
  const live = (phone: string, codeExists = false) =>
    answers(shown({ codeExists }, { ...NOBODY, phone, noticeMethod: '公告' }));

  it('Only the owner of the live guide is set and read back, also without committed code.', async () => {
    const reads: unknown[] = [];
    const answersInTurn = inTurn(live('1'), live('123'));
    const client = {
      getPrivacyGuide: (request: object) => {
        reads.push(request);
        return answersInTurn();
      },
      setLivePrivacyOwner: answers({}),
    };
    const { result, calls } = await ran(setPrivacyGuide, OF_OWNER, client);
    expect(result).toEqual({ kind: 'ok', value: { changed: true, uncoveredKeys: [] } });
    expect(calls).toEqual(['getPrivacyGuide', 'setLivePrivacyOwner', 'getPrivacyGuide']);
    expect(reads).toEqual([{ live: true }, { live: true }]);
  });

  it('The same owner is not sent, and no live guide (86074) is a failure.', async () => {
    const same = await ran(setPrivacyGuide, OF_OWNER, { getPrivacyGuide: live('123') });
    expect(same.result).toMatchObject({ kind: 'ok', sent: false, value: { changed: false } });
    const client = { getPrivacyGuide: live('1'), setLivePrivacyOwner: rejects(86074) };
    const { result } = await ran(setPrivacyGuide, OF_OWNER, client);
    expect(result).toMatchObject({ kind: 'error', error: { errcode: 86074 } });
  });
});

describe('SetPrivacyGuide, reconciled', () => {
  const read = (request: RequestOf<'SetPrivacyGuide'>, answer: () => unknown, more = {}) =>
    concluded(setPrivacyGuide, { request }, { getPrivacyGuide: answer as never }, more);

  it('It was executed if WeChat shows the guide, and is sent again otherwise.', async () => {
    const executed = { kind: 'executed', result: { changed: true, uncoveredKeys: ['Location'] } };
    expect(await read(OF_GUIDE, EQUAL)).toEqual(executed);
    expect(await read(OF_GUIDE, OTHER)).toEqual({ kind: 'not-executed' });
  });

  it('A guide whose text may not have been sent is sent again.', async () => {
    const filed = answers(shown({}, { extFileMediaId: 'm1' }));
    expect(await read(OF_TEXT, filed)).toEqual({ kind: 'not-executed' });
    const { setup } = remembering(withText.extraText);
    expect(await read(OF_TEXT, filed, { setup })).toMatchObject({ kind: 'executed' });
  });
});
