import { FINAL_STATES } from '@wxa/contracts';
import type { Asked, OperationRow } from '../history.js';
import { askedKey } from './executions.js';
import { type Check, wrong } from './wrong.js';

/** Every accepted operation is in the table, and has ended or needs an operator. */
export const lost: Check = ({ asked, operations }) => {
  const rows = new Map(operations.map((row) => [askedKey(row), row]));
  const doubted = new Set(operations.filter(isInDoubtForGood).map(({ appid }) => appid));
  return asked.flatMap((one) => {
    const row = rows.get(askedKey(one));
    const ids = idsOf(one);
    if (!row) return isAccepted(one) ? [lostOne(one, ids[0], 'accepted, but not in the table')] : [];
    if (ids.some((id) => id !== row.id)) return [lostOne(one, ids[0], `is ${row.id} in the table`)];
    const waits = row.isChange && doubted.has(row.appid);
    if (hasEnded(row) || isInDoubtForGood(row) || waits) return [];
    return [wrong(row, `accepted, but still ${row.state}`)];
  });
};

/** The same request_id gets the same operation. */
export const twoForOne: Check = ({ asked }) =>
  asked.flatMap((one) => {
    const ids = new Set(idsOf(one));
    return ids.size > 1 ? [lostOne(one, idsOf(one)[0], `one request_id, ${[...ids].join(' and ')}`)] : [];
  });

/** No further reconciliation is due, or only on the next day: an operator must resolve it. */
export function isInDoubtForGood({ state, askAt }: OperationRow): boolean {
  return state === 'IN_DOUBT' && askAt === null;
}

export function hasEnded({ state }: OperationRow): boolean {
  return FINAL_STATES.includes(state);
}

/** When the first response accepted it; the result of a query counts as well. */
export function acceptedAt({ tries }: Asked): number | undefined {
  const answered = tries.filter(({ operation }) => operation !== undefined).map(({ endedAt }) => endedAt);
  return answered.length > 0 ? Math.min(...answered) : undefined;
}

function isAccepted(one: Asked): boolean {
  return acceptedAt(one) !== undefined;
}

function idsOf({ tries }: Asked): string[] {
  return tries.flatMap(({ operation }) => (operation ? [operation] : []));
}

function lostOne({ appid, method, requestId }: Asked, id = '', what: string) {
  return wrong({ appid, id }, `${method} ${requestId}: ${what}`);
}
