import {
  type PrivacyGuide,
  type PrivacyOwner,
  type Problem,
  type Purpose,
  problem,
  type Sdk,
} from '@wxa/contracts';
import {
  bytes,
  characters,
  each,
  elements,
  field,
  manyLines,
  matches,
  number,
  oneLine,
  optional,
  present,
  type Rule,
  required,
  within,
} from '../checks.js';

const MAX_LIST = 200;
const MAX_TEXT_BYTES = 100 * 1024;
const MAX_STORAGE_DAYS = 36_500;

const contact = (name: 'phone' | 'email' | 'qq' | 'wechat'): Rule<PrivacyOwner> =>
  field(name, (owner) => owner[name], characters(0, 200), oneLine);

/** The rules of how users reach the owner. */
export const PRIVACY_OWNER_RULES: readonly Rule<PrivacyOwner>[] = [
  field('', (owner) => owner, contactGiven),
  ...(['phone', 'email', 'qq', 'wechat'] as const).map(contact),
  field('notice_method', (owner) => owner.noticeMethod, characters(1, 200), oneLine),
  field('storage_days', (owner) => owner.storageDays, number(0, MAX_STORAGE_DAYS)),
  // WeChat's number of a region.
  field('storage_region', (owner) => owner.storageRegion, optional(matches(/^\d{1,9}$/, 'NOT_A_NUMBER'))),
];

function contactGiven({ phone, email, qq, wechat }: PrivacyOwner): Problem | undefined {
  return [phone, email, qq, wechat].every((text) => text === '') ? problem('MEMBER_REQUIRED') : undefined;
}

const PURPOSE: readonly Rule<Purpose>[] = [
  field('key', (purpose) => purpose.key, characters(1, 200), oneLine),
  field('text', (purpose) => purpose.text, required, manyLines),
];

const SDK: readonly Rule<Sdk>[] = [
  field('name', (sdk) => sdk.name, characters(1, 200), oneLine),
  field('provider', (sdk) => sdk.provider, characters(1, 200), oneLine),
  field('purposes', (sdk) => sdk.purposes, elements(1, MAX_LIST), distinctKeys),
  each('purposes', (sdk) => sdk.purposes, MAX_LIST, ...PURPOSE),
];

/** The rules of a whole guide. */
export const PRIVACY_GUIDE_RULES: readonly Rule<PrivacyGuide>[] = [
  field('owner', (guide) => guide.owner, present),
  within('owner', (guide) => guide.owner, ...PRIVACY_OWNER_RULES),
  field('purposes', (guide) => guide.purposes, elements(1, MAX_LIST), distinctKeys),
  each('purposes', (guide) => guide.purposes, MAX_LIST, ...PURPOSE),
  field('sdks', (guide) => guide.sdks, elements(0, MAX_LIST)),
  each('sdks', (guide) => guide.sdks, MAX_LIST, ...SDK),
  field('extra_text', (guide) => guide.extraText, bytes(MAX_TEXT_BYTES), manyLines),
];

function distinctKeys(purposes: Purpose[]): Problem | undefined {
  return new Set(purposes.map(({ key }) => key)).size < purposes.length ? problem('DUPLICATES') : undefined;
}
