import { recheckAuthorizers } from '@wxa/authorizers';
import { idsOrAll } from '../calls/units.js';
import { withPool } from '../database.js';
import { EXIT } from '../exit-codes.js';
import { counted, print } from '../output/print.js';
import { recording } from '../recording.js';

/** `wxa authorizers recheck`: lets workers check mini-programs that need authorization now. */
export async function recheck(appids: string[], values: { all?: boolean; json?: boolean }): Promise<number> {
  const chosen = idsOrAll('APPID', appids, values.all);
  return withPool('authorizers', async (pool) => {
    const checked = await recheckAuthorizers(pool, recording(), chosen);
    const others = appids.filter((appid) => !checked.includes(appid));
    print(values.json, { checked, others }, `${counted(checked.length, 'mini-program')} will be checked`);
    if (others.length === 0) return EXIT.ok;
    console.error(`need no authorization, or have nothing to check: ${others.join(', ')}`);
    return EXIT.notFound;
  });
}
