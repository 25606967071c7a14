import type { MiniProgramSettings, ReadinessItem } from '@wxa/contracts';
import type { Registered } from '@wxa/settings';
import type { Observed, Part } from './observation.js';

/** The items, in the order in which they are shown. */
export const ITEMS = [
  'AUTHORIZATION',
  'ACCOUNT',
  'PROFILE',
  'CATEGORY',
  'FILING',
  'DOMAINS',
  'EXT_VALUES',
  'PRIVACY_GUIDE',
  'PRIVACY_INTERFACES',
] as const;

export type ItemName = (typeof ITEMS)[number];

export type ItemState = 'OK' | 'MISSING' | 'PENDING' | 'UNKNOWN' | 'NOT_NEEDED';

export type Party = 'OWNER' | 'PLATFORM' | 'WECHAT' | 'SERVICE';

/** What readiness depends on; the rule reads nothing else, not even a clock. */
export interface ReadinessFacts {
  authorization: {
    state: 'AUTHORIZED' | 'NEEDS_AUTHORIZATION' | 'UNAUTHORIZED';
    /** Null if unknown. */
    permissionSets: readonly number[] | null;
  };
  observed: Observed;
  /** The effective settings. */
  settings: Partial<MiniProgramSettings>;
  /** The required pointers at which the effective settings have no value. */
  absentPointers: readonly string[];
  /** The domains that the platform has registered. */
  platform: Registered;
  /** Whether a live version is known. */
  isLive: boolean;
}

/** The verdict on one item. */
export interface Judged
  extends Pick<ReadinessItem, 'detail' | 'detailZh'>,
    Partial<Pick<ReadinessItem, 'number'>> {
  state: ItemState;
  /** Who has to act, if it is MISSING or PENDING. */
  acts?: Party;
  /** It follows from the code that was committed last: other code may not have it. */
  isOfCode?: true;
}

/** The part from which each item is read; an item without one is computed from what is stored here. */
export const PART_OF: Partial<Record<ItemName, Part>> = {
  ACCOUNT: 'ACCOUNT',
  PROFILE: 'ACCOUNT',
  CATEGORY: 'CATEGORY',
  FILING: 'FILING',
  DOMAINS: 'DOMAINS',
  PRIVACY_GUIDE: 'GUIDE',
  PRIVACY_INTERFACES: 'INTERFACES',
};
