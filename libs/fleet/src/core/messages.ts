import { Party, type Readiness, ReadinessItemType, ReadinessState } from '@wxa/contracts';
import { ITEMS } from './item.js';
import { type Items, isReady } from './readiness.js';

/** Converts items to the message; those that were never computed are left out. */
export function toReadiness(items: Items): Readiness {
  const known = ITEMS.flatMap((name) => {
    const item = items[name];
    if (item === undefined) return [];
    const { state, acts = 'UNSPECIFIED', detail, detailZh, number = 0, since, at } = item;
    return {
      item: ReadinessItemType[`READINESS_ITEM_TYPE_${name}`],
      state: ReadinessState[`READINESS_STATE_${state}`],
      acts: Party[`PARTY_${acts}`],
      ...{ detail, detailZh, number },
      since: new Date(since),
      observeTime: at === undefined ? undefined : new Date(at),
    };
  });
  return { ready: known.length > 0 && isReady(items), items: known };
}
