import { liftStops, readApiLimits, setRate, stopApis } from '@wxa/limits';
import type pg from 'pg';
import { checkedReason } from '../calls/units.js';
import { withPool } from '../database.js';
import { EXIT } from '../exit-codes.js';
import { counted, print } from '../output/print.js';
import { recording } from '../recording.js';
import { apisOf, endOf, rateOf, type ScopeFlags, stoppable } from './arguments.js';
import { limitsText, rateLine, rateText } from './print.js';

/** `wxa quota list`: lists stopped APIs and rates. */
export async function listLimits({ json }: { json?: boolean }): Promise<number> {
  return withLimits(async (pool) => {
    const limits = await readApiLimits(pool, 0);
    print(json, { limits }, limitsText(limits));
    return EXIT.ok;
  });
}

/** `wxa quota stop`: stops APIs. */
export async function stop(
  api: string | undefined,
  values: ScopeFlags & { listed?: boolean; until: string; reason: string; json?: boolean },
): Promise<number> {
  const { apis: named, scope } = apisOf(api, values);
  const apis = named.map((each) => stoppable(each, values.listed));
  const given = { apis, scope, until: endOf(values.until), reason: checkedReason(values.reason) };
  return withLimits(async (pool) => {
    const stopped = await stopApis(pool, recording(), given);
    const lines = stopped.map((each) => `${each.api} stopped until ${each.until.toISOString()}`);
    print(values.json, { stopped }, lines.join('\n'));
    return EXIT.ok;
  });
}

/** `wxa quota lift`: resumes APIs. */
export async function liftStop(
  api: string | undefined,
  { json, ...flags }: ScopeFlags & { json?: boolean },
): Promise<number> {
  const { apis } = apisOf(api, flags);
  return withLimits(async (pool) => {
    const lifted = await liftStops(pool, recording(), apis);
    const lines = lifted.map(
      (each) => `${each.api} resumed; ${counted(each.waiting, 'operation')} that waited for it can run`,
    );
    print(json, { lifted }, lines.join('\n'));
    if (lifted.length > 0) return EXIT.ok;
    console.error(apis.length === 1 ? `${apis[0]} is not stopped` : 'no API of a change is stopped');
    return EXIT.notFound;
  });
}

/** `wxa quota rate`: sets a rate. */
export async function rate(
  givenApi: string,
  text: string,
  { listed, json }: { listed?: boolean; json?: boolean },
): Promise<number> {
  const { api, perSecond } = rateOf(givenApi, text, listed);
  return withLimits(async (pool) => {
    const before = await setRate(pool, recording(), api, perSecond);
    print(json, { api, perSecond, before }, `${rateLine(api, perSecond)} (before: ${rateText(before)})`);
    return EXIT.ok;
  });
}

/** Without time limits: a lift may have to make many operations due. */
function withLimits(use: (pool: pg.Pool) => Promise<number>): Promise<number> {
  return withPool('quota', use, { timeLimits: false });
}
