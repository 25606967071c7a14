import type { PrivacyGuide, PrivacyOwner, Purpose, Sdk } from '@wxa/contracts';
import type { PrivacySetting, PrivacyOwner as WechatOwner } from '@wxa/wxa-client';

const DAY_MS = 86_400_000;

/** The owner's data as WeChat takes it. The end of the storage is a time, counted from `now`. */
export function toWechat(owner: PrivacyOwner, now = Date.now()): Omit<WechatOwner, 'extFileMediaId'> {
  const { phone, email, qq, wechat, noticeMethod, storageDays, storageRegion } = owner;
  const end = storageDays === 0 ? '' : String(Math.floor((now + storageDays * DAY_MS) / 1000));
  const common = { phone, email, qq, wechat, noticeMethod };
  return { ...common, storeExpireTimestamp: end, storeRegion: Number(storageRegion) };
}

/** The owner's data of a guide that WeChat returned. The days of storage count from its last change. */
export function ownerOf({ owner, updatedAt }: PrivacySetting): PrivacyOwner {
  const { extFileMediaId: _, storeExpireTimestamp, storeRegion, ...same } = owner;
  const storedMs = Number(storeExpireTimestamp) * 1000 - (updatedAt?.getTime() ?? Date.now());
  return {
    ...same,
    storageDays: Number(storeExpireTimestamp) === 0 ? 0 : Math.max(0, Math.round(storedMs / DAY_MS)),
    storageRegion: storeRegion === 0 ? '' : String(storeRegion),
  };
}

/** Whether WeChat has this data of the owner. */
export function hasOwner(setting: PrivacySetting, wanted: PrivacyOwner): boolean {
  const shown = ownerOf(setting);
  return (
    Number(shown.storageRegion) === Number(wanted.storageRegion) &&
    (['phone', 'email', 'qq', 'wechat', 'noticeMethod', 'storageDays'] as const).every(
      (name) => shown[name] === wanted[name],
    )
  );
}

/** Whether WeChat has this guide, apart from its additional text, which it does not return. */
export function hasGuide(setting: PrivacySetting, { owner, purposes, sdks }: PrivacyGuide): boolean {
  return (
    owner !== undefined &&
    hasOwner(setting, owner) &&
    sorted(explained(setting.purposes)) === sorted(purposes) &&
    sdksOf(setting.sdks) === sdksOf(sdks)
  );
}

/** Without the kinds of data that WeChat detected and nobody has explained. */
export function explained(purposes: readonly Purpose[]): Purpose[] {
  return purposes.filter(({ text }) => text !== '');
}

/** The detected kinds of data for which a guide has no text. */
export function uncoveredKeys({ detectedKeys }: PrivacySetting, { purposes }: PrivacyGuide): string[] {
  const covered = new Set(explained(purposes).map(({ key }) => key));
  return detectedKeys.filter((key) => !covered.has(key));
}

function sorted(purposes: readonly Purpose[]): string {
  return JSON.stringify(purposes.map(({ key, text }) => [key, text]).sort());
}

function sdksOf(sdks: readonly Sdk[]): string {
  return JSON.stringify(
    sdks.map(({ name, provider, purposes }) => [name, provider, sorted(purposes)]).sort(),
  );
}
