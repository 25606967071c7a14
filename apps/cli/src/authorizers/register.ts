import type { CommonValues } from '../calls/call.js';
import { textIn } from '../calls/units.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { withGateway } from '../gateway/gateway.js';
import { appidsIn } from '../ops/selection.js';
import { print } from '../output/print.js';

/** The most that one call takes. */
const PAGE = 1_000;
const DEADLINE_MS = 60_000;

/** `wxa authorizers register`: makes mini-programs known that authorized the platform, 1,000 a call. */
export async function register(
  given: string[],
  values: CommonValues & { appidFile?: string },
): Promise<number> {
  const { appidFile } = values;
  if ((given.length === 0) === (appidFile === undefined))
    throw new UsageError('give one of APPID and --appid-file');
  const appids = appidFile === undefined ? given : [...appidsIn(textIn(appidFile, '--appid-file'))];
  return withGateway(values, async (gateway) => {
    const counts = { added: 0, known: 0 };
    for (let i = 0; i < appids.length; i += PAGE) {
      const request = { appids: appids.slice(i, i + PAGE) };
      const found = await gateway.call('Authorizers/RegisterAuthorizers', request, {
        deadlineMs: DEADLINE_MS,
      });
      counts.added += Number(found.added ?? 0);
      counts.known += Number(found.known ?? 0);
    }
    print(values.json, counts, `${counts.added} added, ${counts.known} known`);
    return EXIT.ok;
  });
}
