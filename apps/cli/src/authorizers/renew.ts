import { setTimeout as delay } from 'node:timers/promises';
import { unrenewed, wantRenewals } from '@wxa/authorizers';
import { checkedReason, idsOrAll } from '../calls/units.js';
import { withPool } from '../database.js';
import { EXIT } from '../exit-codes.js';
import { print } from '../output/print.js';
import { recording } from '../recording.js';
import { ProgressLine } from '../restore/progress.js';

const WAIT_MS = 30_000;
const POLL_MS = 500;

/** `wxa authorizers renew`: lets workers renew access tokens, and waits until they have. */
export async function renew(
  appids: string[],
  values: { all?: boolean; reason: string; json?: boolean },
): Promise<number> {
  const chosen = { appids: idsOrAll('APPID', appids, values.all), reason: checkedReason(values.reason) };
  return withPool('authorizers', async (pool) => {
    const wanted = await wantRenewals(pool, recording(), chosen);
    const waiting = await untilRenewed((left) => unrenewed(pool, left), wanted);
    const left = new Set(waiting);
    const renewed = wanted.filter((appid) => !left.has(appid));
    const others = appids.filter((appid) => !wanted.includes(appid));
    const lines = [`${renewed.length} of ${wanted.length} tokens were renewed`, ...renewed];
    print(values.json, { renewed, waiting, others }, lines.join('\n'));
    if (waiting.length > 0) console.error(`not renewed yet: ${waiting.join(', ')}`);
    if (others.length > 0) console.error(`have no token: ${others.join(', ')}`);
    return waiting.length + others.length === 0 ? EXIT.ok : EXIT.notFound;
  });
}

/** Resolves to those that are not renewed after 30 s. */
async function untilRenewed(
  stillWaiting: (appids: string[]) => Promise<string[]>,
  wanted: string[],
): Promise<string[]> {
  const progress = new ProgressLine();
  const until = performance.now() + WAIT_MS;
  let waiting = wanted;
  while (waiting.length > 0 && performance.now() < until) {
    await delay(POLL_MS);
    waiting = await stillWaiting(waiting);
    progress.show(`${wanted.length - waiting.length} of ${wanted.length} renewed`);
  }
  progress.end();
  return waiting;
}
