import type { DomainList, PlatformDomainLists, RequestOf } from '@wxa/contracts';
import { API, type WxaResult } from '@wxa/wxa-client';
import { field, present, type Rule, within } from '../checks.js';
import { readableSet } from '../readable-set.js';
import { type CallContext, defineChange, map } from '../room.js';
import { platformDomainRules, sameDomains } from '../setup/domain-checks.js';
import { settingsNotApplied, VALUE_RULES } from '../value-rules.js';

/** WeChat's limits (65316). */
const MAX = { server: 1_000, webview: 300 } as const;

type Which = keyof typeof MAX;

export const setPlatformDomains = defineChange('SetPlatformDomains', {
  api: API.setPlatformServerDomains,
  validate: [
    ...VALUE_RULES,
    ...(Object.keys(MAX) as Which[]).map(
      (which): Rule<RequestOf<'SetPlatformDomains'>> =>
        within(
          which,
          ({ value }) => (value?.$case === which ? (value.value as DomainList) : undefined),
          ...platformDomainRules(MAX[which]),
        ),
    ),
    // Without it WeChat changes the test version only, which looks like a success.
    field('published_together', (r) => r.publishedTogether, present),
  ],
  ...readableSet<'SetPlatformDomains'>(API.getPlatformServerDomains, async (request, context) => {
    const { value, publishedTogether = false } = request;
    if (value === undefined) return { kind: 'ok', value: undefined };
    const read = await readLists(value.$case, context);
    return map(read, (domains) => {
      const wanted = value.value.domains;
      const isEqual =
        sameDomains(wanted, domains.testing) &&
        (!publishedTogether || sameDomains(wanted, domains.published));
      return isEqual ? { changed: false, domains, invalid: [] } : undefined;
    });
  }),
  call: async ({ value, publishedTogether = false }, context) => {
    if (value === undefined) return settingsNotApplied(API.setPlatformServerDomains);
    const { client, options, setup } = context;
    const { domains } = value.value;
    const request = { domains, publishedToo: publishedTogether };
    if (value.$case === 'webview') await context.reserve(API.setPlatformWebviewDomains);
    const result = await (value.$case === 'server'
      ? client.setPlatformServerDomains(request, options)
      : client.setPlatformWebviewDomains(request, options));
    if (result.kind !== 'ok') return result;
    const { invalid, ...lists } = result.value;
    await setup.keepPlatformDomains({ [value.$case]: lists });
    return { kind: 'ok', value: { changed: true, domains: lists, invalid } };
  },
});

/** Reads the list that is to be set. Settings are compared with what was read last. */
async function readLists(which: Which, context: CallContext): Promise<WxaResult<PlatformDomainLists>> {
  const { client, options, setup } = context;
  if (which === 'webview') await context.reserve(API.getPlatformWebviewDomains);
  const read = await (which === 'server'
    ? client.getPlatformServerDomains({}, options)
    : client.getPlatformWebviewDomains({}, options));
  if (read.kind === 'ok') await setup.keepPlatformDomains({ [which]: read.value });
  return read;
}
