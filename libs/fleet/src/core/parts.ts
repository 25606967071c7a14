import { domainsOf } from '@wxa/methods';
import type { ReadinessFacts } from './item.js';
import type { Part } from './observation.js';

/**
 * The parts on which the readiness of a mini-program depends. Without code WeChat has no privacy guide, and what the settings
 * do not name need not be read.
 */
export function partsOf({
  settings,
  isLive,
  hasCode,
}: Pick<ReadinessFacts, 'settings' | 'isLive'> & { hasCode: boolean }): Part[] {
  const { serverDomains, webviewDomains, privacyGuide, interfaces = [] } = settings;
  const namesDomains = domainsOf(serverDomains, webviewDomains).length > 0;
  return [
    'VERSIONS',
    'ACCOUNT',
    'CATEGORY',
    ...(isLive ? [] : (['FILING'] as const)),
    ...(interfaces.length > 0 ? (['INTERFACES'] as const) : []),
    ...(namesDomains ? (['DOMAINS'] as const) : []),
    ...(hasCode && (privacyGuide !== undefined || isLive) ? (['GUIDE'] as const) : []),
  ];
}
