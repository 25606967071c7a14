import type { ReadinessFacts } from './item.js';
import { domainsOf, explainedBy, lastValue } from './observation.js';

/**
 * Whether the live version differs from the effective settings by the last reads: domains that are in effect and not
 * desired or the reverse, or detected data without a text. Settings that name no server domains, or no web-view domains,
 * desire none of that family in particular.
 */
export function hasDrifted({ observed, settings, isLive }: ReadinessFacts): boolean {
  if (!isLive) return false;
  const desired = domainsOf(settings.serverDomains, settings.webviewDomains);
  const named = new Set(desired.map(isWebview));
  const set = lastValue(observed, 'DOMAINS')?.effective.filter((domain) => named.has(isWebview(domain)));
  const differs = set !== undefined && !isSame(desired, set);
  const guide = lastValue(observed, 'GUIDE');
  const texts = explainedBy(settings.privacyGuide?.purposes);
  // Without texts no guide is set.
  const covered = texts.length === 0 ? guide?.explained : texts;
  const hasGap =
    settings.privacyGuide !== undefined && guide?.detected.some((key) => !covered?.includes(key));
  return differs || hasGap === true;
}

const isWebview = (domain: string): boolean => domain.startsWith('webview ');

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one) => b.includes(one));
}
