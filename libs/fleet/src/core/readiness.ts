import { ITEMS, type ItemName, type Judged, PART_OF, type ReadinessFacts } from './item.js';
import { judge } from './rules.js';

/** An item as it is stored. `known`: state and party of the last verdict that was not UNKNOWN. */
export interface Item extends Judged {
  /** In ISO 8601. */
  since: string;
  /** When WeChat was last asked; undefined if it was not. */
  at?: string;
  known?: string;
}

export type Items = Partial<Record<ItemName, Item>>;

/** The items of a mini-program. @param now in ISO 8601. */
export function readiness(facts: ReadinessFacts, before: Items, now: string): Required<Items> {
  const items = ITEMS.map((name) => {
    const judged = judge(name, facts);
    const was = before[name];
    const isSame = was?.state === judged.state && was.acts === judged.acts;
    const part = PART_OF[name];
    const at = part && facts.observed[part]?.at;
    const known = judged.state === 'UNKNOWN' ? was?.known : verdictOf(judged);
    return [
      name,
      { ...judged, since: isSame ? was.since : now, ...(at && { at }), ...(known && { known }) },
    ] as const;
  });
  return Object.fromEntries(items) as Required<Items>;
}

function verdictOf({ state, acts }: Judged): string {
  return acts === undefined ? state : `${state}:${acts}`;
}

/** Whether an item waits for somebody. */
const isWaiting = ({ state }: Judged): boolean => state === 'MISSING' || state === 'PENDING';

/** The items that prevent a release; what the service does itself with the next release does not. */
export function obstaclesOf(items: Items): { name: ItemName; item: Item }[] {
  return ITEMS.flatMap((name) => {
    const item = items[name];
    return item !== undefined && isWaiting(item) && item.acts !== 'SERVICE' ? [{ name, item }] : [];
  });
}

export const isReady = (items: Items): boolean => obstaclesOf(items).length === 0;

/** The words by which the inventory is filtered: item, party, and `item:party` of each that waits. */
export function waitsOf(items: Items): string[] {
  const words = Object.entries(items).flatMap(([name, item]) =>
    isWaiting(item) ? [name, item.acts ?? '', `${name}:${item.acts}`] : [],
  );
  return [...new Set(words)];
}

/** The items whose verdict differs from the last known one. UNKNOWN is no difference. */
export function changedItems(before: Items, after: Items): ItemName[] {
  return ITEMS.filter(
    (name) => after[name]?.known !== undefined && after[name]?.known !== before[name]?.known,
  );
}
