import type { Response } from '../../api/types.js';

type Count = Response<'Fleet/GetFleetSummary'>['notReady'][number];

/** What waits for one party. */
export interface Group {
  /** OWNER, PLATFORM or WECHAT. */
  acts: string;
  count: number;
  items: { item: string; count: number }[];
}

/** The owner comes first: nobody else can do what the owner has to. */
const PARTIES = ['OWNER', 'PLATFORM', 'WECHAT'];

/** Counts by who has to act, the largest item first. What this service does itself waits for nobody. */
export function groupsOf(counts: readonly Count[]): Group[] {
  return PARTIES.map((acts) => {
    const items = counts
      .filter((count) => count.acts === `PARTY_${acts}`)
      .map(({ item, count }) => ({
        item: item.replace('READINESS_ITEM_TYPE_', ''),
        count: Number(count),
      }))
      .toSorted((one, other) => other.count - one.count);
    return { acts, items, count: items.reduce((sum, { count }) => sum + count, 0) };
  });
}

/** The first party that has something to do. */
export function firstOf(groups: readonly Group[]): string {
  return groups.find(({ count }) => count > 0)?.acts ?? 'OWNER';
}
