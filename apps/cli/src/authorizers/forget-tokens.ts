import { forgetTokens } from '@wxa/authorizers';
import { poolOf } from '@wxa/postgres';
import { readConfig } from '@wxa/service/settings';
import { reasonOf } from '../calls/units.js';
import { databaseCommand, withDatabase } from '../database.js';
import { EXIT } from '../exit-codes.js';
import { counted, print } from '../output/print.js';
import { recording } from '../recording.js';

/** `wxa authorizers forget-tokens`: deletes all stored tokens, tickets and codes. */
export async function forget(values: { reason: string; json?: boolean }): Promise<number> {
  const reason = reasonOf(values.reason);
  return withDatabase(readConfig(databaseCommand, process.env), 'authorizers', async (dataSource) => {
    const forgotten = await forgetTokens(poolOf(dataSource), recording(), reason);
    print(values.json, { forgotten }, `the tokens of ${counted(forgotten, 'mini-program')} were deleted`);
    return EXIT.ok;
  });
}
