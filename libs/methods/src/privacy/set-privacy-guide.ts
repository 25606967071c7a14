import { createHash } from 'node:crypto';
import type { PrivacyGuide, PrivacyOwner, RequestOf, SetPrivacyGuideResult } from '@wxa/contracts';
import { API, type PrivacySetting, type WxaResult } from '@wxa/wxa-client';
import { within } from '../checks.js';
import { readableSet } from '../readable-set.js';
import { type CallContext, type CallResult, defineChange, unsent } from '../room.js';
import { serviceError } from '../service-errors.js';
import { settingsNotApplied, VALUE_RULES } from '../value-rules.js';
import { hasGuide, hasOwner, toWechat, uncoveredKeys } from './guide.js';
import { PRIVACY_GUIDE_RULES, PRIVACY_OWNER_RULES } from './guide-checks.js';

/** Up to five calls and 3 s of pauses; what does not fit is in doubt, and resolved by a read. */
const TIMEOUT_FACTOR = 3;
/** Before each read back, because WeChat's reads lag behind its writes. */
const PAUSES_MS = [0, 1_000, 2_000];

/** Either the guide of the development version, or the owner's data of the live one. */
type Value = { guide: PrivacyGuide } | { liveOwner: PrivacyOwner };

export const setPrivacyGuide = defineChange('SetPrivacyGuide', {
  api: API.setPrivacyGuide,
  validate: [
    ...VALUE_RULES,
    within(
      'guide',
      ({ value }) => (value?.$case === 'guide' ? value.value : undefined),
      ...PRIVACY_GUIDE_RULES,
    ),
    within(
      'live_owner',
      ({ value }) => (value?.$case === 'liveOwner' ? value.value : undefined),
      ...PRIVACY_OWNER_RULES,
    ),
  ],
  timeoutFactor: TIMEOUT_FACTOR,
  ...readableSet<'SetPrivacyGuide'>(API.getPrivacyGuide, async (request, context) => {
    const value = valueIn(request);
    if (value === undefined) return { kind: 'ok', value: undefined };
    const read = await context.client.getPrivacyGuide({ live: 'liveOwner' in value }, context.options);
    if (read.kind !== 'ok') return read;
    const setting = read.value;
    if ('liveOwner' in value) return { kind: 'ok', value: foundIn(setting, value, false) };
    // WeChat would answer a set without code with success, and store nothing.
    if (!setting.codeExists) return failed('commitMissing', 'there is no committed code');
    const isTextSent = await hasText(setting, value.guide, context);
    return { kind: 'ok', value: isTextSent ? foundIn(setting, value, false) : undefined };
  }),
  call: async (request, context) => {
    const value = valueIn(request);
    if (value === undefined) return settingsNotApplied(API.setPrivacyGuide);
    const set = 'guide' in value ? await setGuide(value.guide, context) : await setLiveOwner(value, context);
    return set.kind === 'ok' ? readBack(value, context) : set;
  },
});

function valueIn({ value }: RequestOf<'SetPrivacyGuide'>): Value | undefined {
  if (value?.$case === 'guide') return { guide: value.value };
  return value?.$case === 'liveOwner' ? { liveOwner: value.value } : undefined;
}

/** The result if WeChat shows the value; an additional text is not compared. */
function foundIn(setting: PrivacySetting, value: Value, changed: boolean): SetPrivacyGuideResult | undefined {
  if ('liveOwner' in value)
    return hasOwner(setting, value.liveOwner) ? { changed, uncoveredKeys: [] } : undefined;
  const { guide } = value;
  return hasGuide(setting, guide) ? { changed, uncoveredKeys: uncoveredKeys(setting, guide) } : undefined;
}

/** Whether the additional text is the one that WeChat has, as far as that can be known. */
async function hasText(
  { owner }: PrivacySetting,
  { extraText }: PrivacyGuide,
  { setup }: CallContext,
): Promise<boolean> {
  if (extraText === '' || owner.extFileMediaId === '') return extraText === owner.extFileMediaId;
  return (await setup.sentPrivacyText())?.equals(sha256(extraText)) === true;
}

async function setGuide(
  { owner, extraText, purposes, sdks }: PrivacyGuide,
  context: CallContext,
): Promise<CallResult<unknown>> {
  const { client, options, setup } = context;
  if (extraText === '')
    return client.setPrivacyGuide({ owner: owner ? toWechat(owner) : {}, purposes, sdks }, options);
  await context.reserve(API.uploadPrivacyText);
  const file = await client.uploadPrivacyText({ text: extraText }, options);
  if (file.kind !== 'ok') return unsent(file);
  const withFile = { ...(owner && toWechat(owner)), extFileMediaId: file.value.mediaId };
  // Without an answer it is unknown which text WeChat has.
  await setup.keepSentPrivacyText(null);
  const set = await client.setPrivacyGuide({ owner: withFile, purposes, sdks }, options);
  if (set.kind === 'ok') await setup.keepSentPrivacyText(sha256(extraText));
  return set;
}

function setLiveOwner(
  { liveOwner }: { liveOwner: PrivacyOwner },
  { client, options }: CallContext,
): Promise<WxaResult<unknown>> {
  return client.setLivePrivacyOwner({ owner: toWechat(liveOwner) }, options);
}

/** WeChat can answer a set with success and store nothing. */
async function readBack(value: Value, context: CallContext): Promise<CallResult<SetPrivacyGuideResult>> {
  const { client, options } = context;
  for (const pauseMs of PAUSES_MS) {
    if (pauseMs > 0) await context.pause(pauseMs);
    await context.reserve(API.getPrivacyGuide);
    const read = await client.getPrivacyGuide({ live: 'liveOwner' in value }, options);
    if (read.kind !== 'ok') return unread(read.error.errmsg);
    const found = foundIn(read.value, value, true);
    if (found !== undefined) return { kind: 'ok', value: found };
  }
  return failed('guideNotStored', 'WeChat accepted the guide and does not show it');
}

/** Without an errcode: WeChat rejected the read, not the set. */
function unread(errmsg: string): CallResult<never> {
  const why = `the guide was set and could not be read back: ${errmsg}`;
  const error = serviceError('inconclusive', why, API.setPrivacyGuide);
  return { kind: 'ambiguous', cause: 'unreadable', error };
}

function failed(name: 'commitMissing' | 'guideNotStored', why: string): WxaResult<never> {
  return { kind: 'error', error: serviceError(name, why, API.setPrivacyGuide) };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
