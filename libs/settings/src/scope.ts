import type { SettingsScope } from '@wxa/contracts';

/** Which mini-programs a layer is for, as it is stored: `PLATFORM`, `LABEL:<name>` or `APPID:<appid>`. */
export type ScopeKey = string;

export const PLATFORM: ScopeKey = 'PLATFORM';
const LABEL = 'LABEL:';
const APPID = 'APPID:';

/** @param scope one of its members is set. */
export function keyOf({ scope }: SettingsScope): ScopeKey {
  if (scope?.$case === 'label') return `${LABEL}${scope.value}`;
  return scope?.$case === 'appid' ? `${APPID}${scope.value}` : PLATFORM;
}

export function scopeOf(key: ScopeKey): SettingsScope {
  const value = key.slice(LABEL.length);
  if (key.startsWith(LABEL)) return { scope: { $case: 'label', value } };
  if (key.startsWith(APPID)) return { scope: { $case: 'appid', value } };
  return { scope: { $case: 'platform', value: true } };
}
