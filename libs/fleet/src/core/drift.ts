import { domainsOf, expectedOf, isWebview } from '@wxa/methods';
import type { ReadinessFacts } from './item.js';
import { explainedBy, lastValue } from './observation.js';

/**
 * Whether the live version differs from the effective settings by the last reads: domains that are in effect and not
 * desired or the reverse, or detected data without a text. Settings that name no server domains, or no web-view domains,
 * desire none of that family in particular.
 */
export function hasDrifted({ observed, settings, isLive }: ReadinessFacts): boolean {
  if (!isLive) return false;
  const domains = lastValue(observed, 'DOMAINS');
  const desired = domainsOf(settings.serverDomains, settings.webviewDomains);
  const expected = domains === undefined ? [] : expectedOf(desired, settings, domains.set);
  const named = new Set(expected.map(isWebview));
  const effective = domains?.effective.filter((domain) => named.has(isWebview(domain))) ?? [];
  const guide = lastValue(observed, 'GUIDE');
  const texts = explainedBy(settings.privacyGuide?.purposes);
  // Without texts no guide is set.
  const covered = texts.length === 0 ? guide?.explained : texts;
  const hasGap =
    settings.privacyGuide !== undefined && guide?.detected.some((key) => !covered?.includes(key));
  return !isSame(expected, effective) || hasGap === true;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one) => b.includes(one));
}
