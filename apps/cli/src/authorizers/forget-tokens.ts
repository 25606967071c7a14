import { forgetTokens } from '@wxa/authorizers';
import { checkedReason } from '../calls/units.js';
import { withPool } from '../database.js';
import { EXIT } from '../exit-codes.js';
import { counted, print } from '../output/print.js';
import { recording } from '../recording.js';

/** `wxa authorizers forget-tokens`: deletes all stored tokens, tickets and codes. */
export async function forget(values: { reason: string; json?: boolean }): Promise<number> {
  const reason = checkedReason(values.reason);
  return withPool('authorizers', async (pool) => {
    const forgotten = await forgetTokens(pool, recording(), reason);
    print(values.json, { forgotten }, `the tokens of ${counted(forgotten, 'mini-program')} were deleted`);
    return EXIT.ok;
  });
}
