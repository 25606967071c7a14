import type { Response } from '../api/types.js';
import { t } from '../text/text.js';

export type Layer = Response<'Settings/ListSettingsLayers'>['layers'][number];
export type Scope = NonNullable<Layer['scope']>;
export type Settings = NonNullable<Layer['settings']>;

/** The page of a layer. */
export function layerPath({ label, appid }: Scope): string {
  const query = new URLSearchParams({ ...(label && { label }), ...(appid && { appid }) });
  return `/settings/layer?${query}`;
}

/** The form of a rollout that applies settings to the mini-programs of a layer. */
export function rolloutPath({ label, appid }: Scope): string {
  const targets = label ? ['label', label] : appid ? ['appids', appid] : ['all', '1'];
  return `/rollouts/new?${new URLSearchParams([targets, ['settings', '1']])}`;
}

/** The scope that the address of a page names; the platform without one. */
export function scopeOf(parameters: URLSearchParams): Scope {
  const [label, appid] = [parameters.get('label'), parameters.get('appid')];
  if (label) return { label };
  return appid ? { appid } : { platform: true };
}

/** What a layer is for, and its version if one is given. */
export function scopeName({ label, appid }: Scope, version?: string): string {
  const name = label
    ? t('settings.ofLabel', { label })
    : appid
      ? t('settings.ofAppid', { appid })
      : t('settings.ofPlatform');
  return version === undefined ? name : t('settings.atVersion', { name, version });
}

/** Settings as they are sent: without what a form leaves empty, because a part that is there says something. */
export function cleaned(given: Partial<Settings>): Partial<Settings> {
  const { privacyGuide, interfaces = [], extJson = '', ...rest } = given;
  const guide = privacyGuide && {
    ...privacyGuide,
    purposes: named(privacyGuide.purposes, 'key'),
    sdks: named(privacyGuide.sdks, 'name').map((sdk) => ({ ...sdk, purposes: named(sdk.purposes, 'key') })),
  };
  const used = named(interfaces, 'apiName').map(({ application, ...one }) => ({
    ...one,
    ...(hasContent(application) && { application }),
  }));
  return {
    ...rest,
    interfaces: used,
    extJson: extJson.trim(),
    ...(hasContent(guide) && { privacyGuide: guide }),
  } as Partial<Settings>;
}

/** The entries of a list whose first field is given. */
function named<Entry, Name extends keyof Entry>(entries: readonly Entry[] | undefined, name: Name): Entry[] {
  return (entries ?? []).filter((entry) => entry?.[name]);
}

/** Whether a text, a number or an entry is anywhere in a value. */
function hasContent(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(hasContent);
  return Boolean(value);
}

/** Whether a text is JSON of an object. */
export function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
