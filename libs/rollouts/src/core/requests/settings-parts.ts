import type { MiniProgramSettings } from '@wxa/contracts';
import type { NeededSettings } from '../target.js';

/** The parts of the step SETTINGS: domains first, because a refusal is cheaper than a wait. */
export const SETTINGS_PART = {
  SERVER_DOMAINS: 0,
  WEBVIEW_DOMAINS: 1,
  GUIDE: 2,
  INTERFACES: 3,
  /** And the following ones: an application for each of `checkResults.interfaces`. */
  APPLY: 4,
  /** And the following ones: looks at the interfaces after the applications. */
  LOOK: 1_000,
} as const;

type Names = (settings: MiniProgramSettings) => boolean;

const NAMED: readonly [part: number, isNamed: Names][] = [
  [SETTINGS_PART.SERVER_DOMAINS, ({ serverDomains }) => Object.values(serverDomains ?? {}).flat().length > 0],
  [SETTINGS_PART.WEBVIEW_DOMAINS, ({ webviewDomains }) => webviewDomains.length > 0],
  [SETTINGS_PART.GUIDE, ({ privacyGuide }) => privacyGuide !== undefined],
  [SETTINGS_PART.INTERFACES, ({ interfaces }) => interfaces.length > 0],
];

/** The first part, from one on, for which the settings name something; undefined if there is none. */
export function settingsPartFrom(from: number, needed: NeededSettings | null): number | undefined {
  if (needed === null) return undefined;
  return NAMED.find(([part, isNamed]) => part >= from && isNamed(needed.settings))?.[0];
}
