import { counted } from '../output/print.js';
import { type AdoptionCheck, type AdoptionResult, fail, notChecked, ok, type Tools, warn } from './result.js';
import { readList } from './wechat.js';

const RECENT_MIN = 10;

const COUNTS = `
select count(*) filter (where state = 'AUTHORIZED')::int as authorized,
  count(*) filter (where state = 'NEEDS_AUTHORIZATION')::int as needs,
  count(*) filter (where state = 'AUTHORIZED' and unlisted_at is not null)::int as unlisted,
  count(*) filter (where state = 'AUTHORIZED' and permission_sets is null)::int as unread,
  count(*) filter (where state = 'AUTHORIZED' and not 18 = any(permission_sets))::int as lacking,
  count(*) filter (where state = 'AUTHORIZED' and refresh_token is null and code is null)::int as tokenless
from authorizers`;

const LATEST = `
select state, error, extract(epoch from clock_timestamp() - started_at)::float8 / 3600 as hours
from authorizer_syncs order by id desc limit 1`;

/** Accounts that differ: listed and not known here, known and not listed, listed and not authorized here. */
const DIFFERENCES = `
select array(select l from unnest($1::text[]) l where not exists (select from authorizers a where a.appid = l)
    and not exists (select from authorizer_ignored i where i.appid = l) order by l) as missing,
  array(select appid from authorizers where state = 'AUTHORIZED' and appid <> all($1) order by appid) as unlisted,
  array(select appid from authorizers where state <> 'AUTHORIZED' and appid = any($1) order by appid) as lost`;

/** The appids of the mini-programs that have authorized the platform. */
export async function authorizedIn({ rows }: Pick<Tools, 'rows'>): Promise<string[]> {
  const text = `select appid from authorizers where state = 'AUTHORIZED' order by appid`;
  return (await rows<{ appid: string }>(text)).map(({ appid }) => appid);
}

/** The mini-programs here against WeChat's list. */
export const authorizers: AdoptionCheck = {
  name: 'authorizers',
  steps: [1, 4],
  async run(tools) {
    const { rows, step } = tools;
    const [counts] =
      await rows<Record<'authorized' | 'needs' | 'unlisted' | 'unread' | 'lacking' | 'tokenless', number>>(
        COUNTS,
      );
    const { authorized = 0, needs = 0, unlisted = 0, unread = 0, lacking = 0, tokenless = 0 } = counts ?? {};
    const found = [
      authorized === 0
        ? fail('no mini-program is known', 'use wxa authorizers sync, or register')
        : ok(`authorized: ${counted(authorized, 'mini-program')}, ${tokenless} of them without tokens here`),
      ...(await againstList(tools, unlisted)),
    ];
    if (needs > 0)
      found.push(warn(`${needs} need authorization`, 'wxa authorizers list --state NEEDS_AUTHORIZATION'));
    if (lacking > 0)
      found.push(warn(`${lacking} did not grant permission set 18`, 'let them authorize again'));
    if (unread > 0 && step === 4)
      found.push(warn(`the permission sets of ${unread} were never read`, 'use wxa authorizers sync'));
    return found;
  },
};

/** @param unlisted by the last sync, if the list cannot be read now. */
async function againstList(tools: Tools, unlisted: number): Promise<AdoptionResult[]> {
  const { rows } = tools;
  const list = await readList(tools);
  if (list.kind !== 'read') {
    const why = list.kind === 'rejected' ? "WeChat rejects the platform's token" : list.why;
    const [sync] = await rows<Sync>(LATEST);
    const old =
      unlisted > 0 ? [warn(`WeChat did not list ${unlisted} of them`, 'the next sync rechecks them')] : [];
    return [warn(`WeChat's list was not read: ${why}`, 'run it where a worker runs'), compared(sync), ...old];
  }
  const [differences] = await rows<Record<'missing' | 'unlisted' | 'lost', string[]>>(DIFFERENCES, [
    list.appids,
  ]);
  const { missing = [], unlisted: absent = [], lost = [] } = differences ?? {};
  const found = [
    ...some(missing, 'that WeChat lists are not known here', 'use wxa authorizers sync'),
    ...some(absent, 'that are authorized here are not in the list', 'the next sync rechecks them'),
    ...some(lost, 'that WeChat lists are not authorized here', 'use wxa authorizers recheck, or sync'),
  ];
  return found.length > 0 ? found : [ok("they are those of WeChat's list")];
}

function some(appids: string[], what: string, next: string): AdoptionResult[] {
  const [first] = appids;
  return first === undefined ? [] : [warn(`${appids.length} accounts ${what}, such as ${first}`, next)];
}

interface Sync {
  state: string;
  error: string | null;
  hours: number;
}

function compared(sync: Sync | undefined): AdoptionResult {
  if (sync === undefined)
    return warn("they were never compared with WeChat's list", 'use wxa authorizers sync');
  const { state, error, hours } = sync;
  if (state === 'FAILED')
    return warn(`the last sync failed: ${error}`, 'remove the cause, then wxa authorizers sync');
  if (state === 'RUNNING')
    return warn('a sync is running', 'wait for its end: wxa authorizers sync --status');
  if (hours > 2) return warn(`the last sync is ${Math.round(hours)} h old`, 'use wxa authorizers sync');
  return ok("they were compared with WeChat's list within two hours");
}

const TICKET = `
select extract(epoch from clock_timestamp() - ticket_sent_at)::float8 / 60 as minutes, last_error as error
from components where appid = $1 and ticket is not null`;

/** The age of the last ticket. */
export const ticket: AdoptionCheck = {
  name: 'ticket',
  steps: [4],
  async run({ env, rows }) {
    const { WECHAT_COMPONENT_APPID: appid, WECHAT_TOKEN_SOURCE: source } = env;
    if (appid === undefined) return notChecked('WECHAT_COMPONENT_APPID');
    const [last] = await rows<{ minutes: number; error: string | null }>(TICKET, [appid]);
    if (source === 'endpoint' || source === 'static')
      return warn(
        `with token source ${source} tickets are not stored`,
        'the first one comes within 10 minutes after the switch to component',
      );
    if (last === undefined)
      return fail('none has arrived', 'look at the URL of authorization events and its proxy');
    const age = `the last one is ${Math.round(last.minutes)} min old`;
    if (last.minutes > 30) return fail(age, 'look at the URL of authorization events and its proxy');
    if (last.error !== null)
      return fail(`${age}; the platform has no token: ${last.error}`, 'remove the cause');
    return ok(age);
  },
};

/** Whether another program renews the platform's token, which ends the one of this service. */
export const contested: AdoptionCheck = {
  name: 'tokens',
  steps: [4],
  async run(tools) {
    const { WECHAT_COMPONENT_APPID: appid, WECHAT_TOKEN_SOURCE: source = 'component' } = tools.env;
    if (source !== 'component')
      return warn(
        'the old program renews them',
        'stop its renewals when the workers start with component, then run this check again',
      );
    if (appid === undefined) return notChecked('WECHAT_COMPONENT_APPID');
    const [token] = await tools.rows<{ minutes: number; contested: number | null }>(
      `select extract(epoch from clock_timestamp() - access_token_at)::float8 / 60 as minutes,
         extract(epoch from clock_timestamp() - contested_at)::float8 / 60 as contested
       from components where appid = $1 and access_token is not null`,
      [appid],
    );
    if (token === undefined) return fail('the platform has no token yet', 'look at the ticket');
    const { minutes, contested } = token;
    const stop = 'stop every other program that renews it, then run this check again in 10 minutes';
    if (contested !== null && contested < RECENT_MIN)
      return fail(`${Math.round(contested)} min ago another program had renewed the platform's token`, stop);
    // A rejection may not have been seen yet: workers use this token a few times a day.
    const list = await readList(tools, 1);
    const age = `the platform's token is ${Math.round(minutes)} min old`;
    if (list.kind === 'rejected')
      return fail(`${age}, and WeChat rejects it: another program has renewed it`, stop);
    if (list.kind === 'unread')
      return warn(
        `${age}; whether WeChat accepts it is not known: ${list.why}`,
        'run it where a worker runs',
      );
    return ok(`${age}, WeChat accepts it, and no other program renewed it in the last ${RECENT_MIN} minutes`);
  },
};
