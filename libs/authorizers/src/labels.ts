import { type Actor, NOBODY, recordedTransaction } from '@wxa/postgres';
import type { TokenContext } from './sealed-columns.js';

/** Replaces the labels of a mini-program, and records who did it if they change. Returns false if it is unknown. */
export function setLabels(
  { calls, onRecorded }: TokenContext,
  appid: string,
  labels: string[],
  by: Actor = NOBODY,
): Promise<boolean> {
  return recordedTransaction(calls, { by, onRecorded }, async (client, record) => {
    const { rows } = await client.query<{ from: string[]; isSame: boolean }>(
      `select labels as "from", labels = $2 as "isSame" from authorizers where appid = $1 for update`,
      [appid, labels],
    );
    const [before] = rows;
    if (before === undefined || before.isSame) return before !== undefined;
    await client.query(
      'update authorizers set labels = $2, updated_at = clock_timestamp() where appid = $1',
      [appid, labels],
    );
    await record({ action: 'authorizer.labelled', appid, detail: { from: before.from, to: labels } });
    return true;
  });
}
