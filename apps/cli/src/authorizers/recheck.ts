import { recheckAuthorizers } from '@wxa/authorizers';
import { poolOf } from '@wxa/postgres';
import { readConfig } from '@wxa/service/settings';
import { parsedArguments } from '../calls/parsed-arguments.js';
import { databaseCommand, withDatabase } from '../database.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { print } from '../output/print.js';
import { recording } from '../recording.js';

/** `wxa authorizers recheck`: lets workers check mini-programs that need authorization now. */
export async function run([, ...args]: string[]): Promise<number> {
  const options = { all: { type: 'boolean' }, json: { type: 'boolean' } } as const;
  const { values, positionals } = parsedArguments(options, args, { max: 1_000 });
  if (positionals.length > 0 === (values.all ?? false))
    throw new UsageError('give one of APPID... and --all');
  return withDatabase(readConfig(databaseCommand, process.env), 'authorizers', async (dataSource) => {
    const checked = await recheckAuthorizers(
      poolOf(dataSource),
      recording(),
      values.all ? null : positionals,
    );
    const others = positionals.filter((appid) => !checked.includes(appid));
    print(values.json, { checked, others }, `${checked.length} mini-programs will be checked`);
    if (others.length === 0) return EXIT.ok;
    console.error(`need no authorization, or have nothing to check: ${others.join(', ')}`);
    return EXIT.notFound;
  });
}
