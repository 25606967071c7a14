import type { ClaimedOperation, SettlementWithAudits, StoredOperation } from '@wxa/operations';
import { isDataFault } from '@wxa/postgres';
import type { RunnerTools } from './runner-tools.js';

/**
 * After a settlement that matched no row. If Postgres has forgotten the claim, it has lost time: that is reported, and
 * WeChat's answer, which only this worker knows, is stored on top of what Postgres has. Returns whether it was. Rejects if
 * Postgres is unavailable.
 */
export async function settleForgotten(
  { store: { history }, onForgotten }: Pick<RunnerTools, 'store' | 'onForgotten'>,
  row: SettlementWithAudits,
  operation: ClaimedOperation,
  found: Pick<StoredOperation, 'fence'> | undefined,
): Promise<boolean> {
  if (found !== undefined && found.fence >= row.fence) return false;
  const { id, appid, fence, claimKey } = row;
  const { isChange, startedAt } = operation;
  if (!(await history.reportLostClaim({ id, appid, fence, claimKey, isChange, startedAt }))) return false;
  const isStored = await history.settleForward(row, startedAt).catch((error: unknown) => {
    // For example, another change of the mini-program has begun.
    if (isDataFault(error)) return false;
    throw error;
  });
  onForgotten(row, isStored, operation);
  return isStored;
}
