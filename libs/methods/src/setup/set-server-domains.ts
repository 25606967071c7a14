import {
  DomainKind,
  DomainRefusalCause,
  type RefusedDomain,
  type RequestOf,
  type ServerDomains,
} from '@wxa/contracts';
import { API, type RefusedDomain as Refused } from '@wxa/wxa-client';
import { within } from '../checks.js';
import { readableSet } from '../readable-set.js';
import { type CallResult, defineChange, map } from '../room.js';
import { serviceError } from '../service-errors.js';
import { settingsNotApplied, VALUE_RULES } from '../value-rules.js';
import { SERVER_DOMAIN_RULES, sameServerDomains } from './domain-checks.js';

/** 50 changes a month. */
const CHANGES_EXHAUSTED = 86102;

/** WeChat may refuse some domains and set the others: that is a success which names them. */
export const setServerDomains = defineChange('SetServerDomains', {
  api: API.setServerDomains,
  validate: [...VALUE_RULES, within('domains', domainsOf, ...SERVER_DOMAIN_RULES)],
  ...readableSet<'SetServerDomains'>(API.getServerDomains, async (request, { client, options }) => {
    const wanted = domainsOf(request);
    return map(await client.getServerDomains({}, options), (domains) =>
      wanted !== undefined && sameServerDomains(wanted, domains)
        ? { changed: false, domains, refused: [] }
        : undefined,
    );
  }),
  call: async (request, { client, options, setup }) => {
    const domains = domainsOf(request);
    if (domains === undefined) return settingsNotApplied(API.setServerDomains);
    if (await setup.areDomainChangesStopped()) return exhausted();
    const result = await client.setServerDomains({ domains }, options);
    if (result.kind === 'error' && result.error.errcode === CHANGES_EXHAUSTED) {
      await setup.stopDomainChanges();
      return { ...result, error: { ...result.error, reason: 'DOMAIN_CHANGES_EXHAUSTED' } };
    }
    return map(result, ({ domains: set, refused }) => ({
      changed: true,
      domains: set ?? without(domains, refused),
      refused: refused.map(refusedDomain),
    }));
  },
});

/** It was accepted before the month's changes were used up. */
function exhausted(): CallResult<never> {
  const why = 'not sent: WeChat rejects changes of the server domains for the rest of the month';
  const error = serviceError('domainChangesExhausted', why, API.setServerDomains);
  return { kind: 'error', error: { ...error, errcode: CHANGES_EXHAUSTED }, sent: false };
}

function domainsOf({ value }: RequestOf<'SetServerDomains'>): ServerDomains | undefined {
  return value?.$case === 'domains' ? value.value : undefined;
}

/** What was set, if WeChat does not return it. */
function without(domains: ServerDomains, refused: Refused[]): ServerDomains {
  const isSet = (kind: string, domain: string) =>
    !refused.some((r) => r.domain === domain && (r.kind ?? kind) === kind);
  const set = Object.entries<string[]>({ ...domains }).map(([kind, list]) => [
    kind,
    list.filter((domain) => isSet(kind, domain)),
  ]);
  return Object.fromEntries(set);
}

function refusedDomain({ kind, domain, cause }: Refused): RefusedDomain {
  const name = (kind?.toUpperCase() ?? 'UNSPECIFIED') as Uppercase<NonNullable<Refused['kind']>>;
  return {
    kind: DomainKind[`DOMAIN_KIND_${name}`],
    domain,
    cause: DomainRefusalCause[`DOMAIN_REFUSAL_CAUSE_${cause}`],
  };
}
