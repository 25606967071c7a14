import type { SettingsService } from '@wxa/contracts';
import { appidField, field, given, number, type RulesOf, reasonField } from '@wxa/methods';
import { orderRule, scopeRule, settingsRules } from '@wxa/settings';
import { pageFields } from '../operations/page-token.js';

/** The list that a page token is bound to. */
export const LAYERS = ['settings-layers'];

export const SETTINGS_RULES: RulesOf<typeof SettingsService> = {
  putSettingsLayer: [
    scopeRule,
    ...settingsRules,
    orderRule,
    field('expected_version', (r) => r.expectedVersion, given(number(0n))),
    reasonField,
  ],
  deleteSettingsLayer: [
    scopeRule,
    field('expected_version', (r) => r.expectedVersion, given(number(1n))),
    reasonField,
  ],
  getSettingsLayer: [scopeRule, field('version', (r) => r.version, number(0n))],
  listSettingsLayers: pageFields(() => LAYERS),
  listSettingsVersions: [scopeRule],
  getEffectiveSettings: [appidField],
};
