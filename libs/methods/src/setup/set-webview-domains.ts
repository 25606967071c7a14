import type { RequestOf } from '@wxa/contracts';
import { API } from '@wxa/wxa-client';
import { within } from '../checks.js';
import { readableSet } from '../readable-set.js';
import { defineChange, map } from '../room.js';
import { settingsNotApplied, VALUE_RULES } from '../value-rules.js';
import { sameDomains, WEBVIEW_DOMAIN_RULES } from './domain-checks.js';

const UNCHANGED = 89019;
const PERSONAL_ACCOUNT = 89231;

export const setWebviewDomains = defineChange('SetWebviewDomains', {
  api: API.setWebviewDomains,
  validate: [...VALUE_RULES, within('domains', listOf, ...WEBVIEW_DOMAIN_RULES)],
  ...readableSet<'SetWebviewDomains'>(
    API.getEffectiveWebviewDomains,
    async (request, { client, options }) => {
      const wanted = listOf(request)?.domains;
      return map(await client.getEffectiveWebviewDomains({}, options), ({ setByPlatform: domains }) =>
        wanted !== undefined && sameDomains(wanted, domains) ? { changed: false, domains } : undefined,
      );
    },
  ),
  call: async (request, { client, options }) => {
    const domains = listOf(request)?.domains;
    if (domains === undefined) return settingsNotApplied(API.setWebviewDomains);
    const result = await client.setWebviewDomains({ domains }, options);
    if (result.kind !== 'error') return map(result, () => ({ changed: true, domains }));
    const { error } = result;
    if (error.errcode === UNCHANGED) return { kind: 'ok', value: { changed: false, domains } };
    return error.errcode === PERSONAL_ACCOUNT
      ? { ...result, error: { ...error, reason: 'WEBVIEW_NOT_ALLOWED' } }
      : result;
  },
});

function listOf({ value }: RequestOf<'SetWebviewDomains'>) {
  return value?.$case === 'domains' ? value.value : undefined;
}
