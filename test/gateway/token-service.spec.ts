import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { secretsIn } from '@wxa/stack';
import { newAppid } from '../appid.js';
import { attemptWithin } from '../attempt-within.js';
import { TestPolicy } from '../callers/test-policy.js';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';
import { refusalOf } from './calls.js';
import { COMPONENT_SETTINGS } from './component-settings.js';
import { newToken, sealed, useTokenGateway } from './token-gateway.js';

const COMPONENT = COMPONENT_SETTINGS.WECHAT_COMPONENT_APPID;
const FOREIGN = newAppid();
const HOUR_S = 3_600;
/** Less than a read waits for a renewal. */
const READ_MS = 3_000;
const tokens = (method: string, appids: string[] | 'all' = 'all') => [
  { methods: [`Tokens/${method}`], appids },
];
const ANY = { allow: tokens('*') };
const CALLERS = {
  reader: { allow: tokens('GetAccessToken'), deny: tokens('*', [FOREIGN]) },
  ...{ renewer: ANY, second: ANY, removed: ANY, narrowed: ANY },
  platform: { allow: tokens('*', ['platform']) },
  everything: {},
  slow: { allow: tokens('*'), limits: { perSecond: 0.001, burst: 1 } },
};
const policy = new TestPolicy(CALLERS);
const { gateway, database, ask, read, refresh, stored, wanted, renew } = useTokenGateway(policy);

const idOf = (token: string) => createHash('sha256').update(token).digest('hex').slice(0, 8);
const TRAIL = 'select caller, detail from trail where action = $1 and appid = $2 order by at';
const trail = (action: string, appid: string) => database.rows(TRAIL, [action, appid]);
const update = (set: string, appid: string) =>
  database.rows(`update authorizers set ${set} where appid = $1`, [appid]);

it('A token is handed out until its renewal, with a record of its reader, one row of the trail a day and a log line without the token', async () => {
  const { appid, token } = await stored();
  const answers = [await read(appid), await read(appid), await read(appid, 'renewer')];
  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 200, token });
    expect(answer.expiresIn).toBeGreaterThan(2 * HOUR_S - 660);
    expect(answer.expiresIn).toBeLessThanOrEqual(2 * HOUR_S - 600);
  }
  const counts = 'select caller, reads::int, token_id from token_readers where appid = $1 order by caller';
  expect(await database.rows(counts, [appid])).toEqual([
    { caller: 'reader', reads: 2, token_id: idOf(token) },
    { caller: 'renewer', reads: 1, token_id: idOf(token) },
  ]);
  const detail = { tokenId: idOf(token) };
  expect(await trail('token.read', appid)).toEqual([
    { caller: 'reader', detail },
    { caller: 'renewer', detail },
  ]);
  const age = `update token_readers set last_at = now() - interval '25 hours' where appid = $1`;
  await database.rows(age, [appid]);
  await read(appid);
  expect(await trail('token.read', appid)).toHaveLength(3);
  const isRead = 'select read_at is not null as read from authorizers where appid = $1';
  expect(await database.rows(isRead, [appid])).toEqual([{ read: true }]);
  // A line may reach its file after the answer.
  await eventually(async () => {
    const lines = (await readFile(gateway.app.logFile, 'utf8')).split('\n');
    const ofReads = lines.filter((line) => line.includes(appid) && line.includes('"token read"'));
    expect(ofReads.filter((line) => line.includes(idOf(token)))).toHaveLength(4);
  });
});

it('ListTokenReaders lists who has a token by its id, for the mini-programs that the caller may see', async () => {
  const { appid, token } = await stored();
  await read(appid, 'renewer');
  const list = (fields: object, caller: string) =>
    gateway.rpc('listTokenReaders', { ...fields, pageSize: 500 }, policy.as(caller));
  const { readers } = await list({ tokenId: idOf(token) }, 'everything');
  expect(readers).toMatchObject([{ appid, caller: 'renewer', reads: 1n, tokenId: idOf(token) }]);
  // It sees another mini-program alone.
  const allow = [{ methods: ['Platform/ListTokenReaders'], appids: [newAppid()] }];
  policy.write({ ...CALLERS, everything: { allow } });
  await eventually(async () => (await list({}, 'everything').catch(() => undefined))?.readers.length === 0);
  policy.write(CALLERS);
});

it.each([
  ['without an appid', '', 400, 'INVALID_REQUEST'],
  ['with a malformed appid', '?appid=wx1', 400, 'INVALID_REQUEST'],
  ['with two appids', `?appid=${FOREIGN}&appid=${FOREIGN}`, 400, 'INVALID_REQUEST'],
  ['with another refresh', `?appid=${FOREIGN}&refresh=2`, 400, 'INVALID_REQUEST'],
  ['of another path', `/more?appid=${FOREIGN}`, 400, 'INVALID_REQUEST'],
  ['for an appid that a deny rule names, known or not', `?appid=${FOREIGN}`, 403, 'CALLER_NOT_ALLOWED'],
  ['with refresh=1 without the right to renew', `?appid=${newAppid()}&refresh=1`, 403, 'CALLER_NOT_ALLOWED'],
  ['for an unknown appid that the caller may use', `?appid=${newAppid()}`, 404, 'NOT_AUTHORIZED'],
])('A read %s is refused', async (_what, query, status, reason) => {
  expect(await ask(query, 'reader')).toMatchObject({ status, reason, token: undefined });
});

it('A read without a valid credential is 401, one with a right to everything else 403, and one that is no GET 405', async () => {
  const { appid } = await stored();
  expect(await read(appid, 'unknown')).toMatchObject({ status: 401, reason: 'CALLER_UNKNOWN' });
  expect(await ask(`?appid=${appid}`)).toMatchObject({ status: 401, reason: 'CALLER_UNKNOWN' });
  expect(await read(appid, 'everything')).toMatchObject({ status: 403, reason: 'CALLER_NOT_ALLOWED' });
  expect(await ask(`?appid=${appid}`, 'reader', { method: 'POST' })).toMatchObject({ status: 405 });
});

it.each(['NEEDS_AUTHORIZATION', 'UNAUTHORIZED'])('A mini-program in %s has no token: 404', async (state) => {
  const { appid } = await stored();
  await update(`state = '${state}', refresh_token = null, access_token = null`, appid);
  expect(await read(appid)).toMatchObject({ status: 404, reason: 'NOT_AUTHORIZED' });
});

it('The token of the platform needs a set with component: true, which opens no other token', async () => {
  const [token, { appid }] = [newToken(), await stored()];
  await database.rows(
    `insert into components (appid, access_token, access_token_at, access_token_until)
     values ($1, $2, now(), now() + interval '2 hours')`,
    [COMPONENT, sealed(COMPONENT, token, 'components')],
  );
  expect(await read(COMPONENT)).toMatchObject({ status: 403, reason: 'CALLER_NOT_ALLOWED' });
  expect(await read(COMPONENT, 'platform')).toMatchObject({ status: 200, token });
  expect(await read(appid, 'platform')).toMatchObject({ status: 403 });
});

it.concurrent('A token with less than 10 minutes is renewed by a worker while its readers wait', async () => {
  const appid = await attemptWithin(READ_MS, async () => {
    const { appid } = await stored({ remainingS: 590 });
    const reading = [read(appid), read(appid, 'renewer'), read(appid, 'second')];
    const token = await renew(appid);
    for (const answer of await Promise.all(reading)) expect(answer).toMatchObject({ status: 200, token });
    return appid;
  });
  // No reader is said to have rejected it.
  expect(await trail('token.renewed', appid)).toEqual([]);
});

it.concurrent('If no worker renews it, a token with more than 2 minutes is handed out for 60 s, and one with less is 503', async () => {
  const old = await stored({ remainingS: 300 });
  const late = [await stored({ remainingS: 100 }), await stored({ remainingS: -5 })];
  const reading = late.map(({ appid }) => read(appid));
  // A read that a busy machine delays beyond the time for its answer is 503.
  await eventually(async () => {
    expect(await read(old.appid)).toMatchObject({ status: 200, token: old.token, expiresIn: 60 });
  });
  for (const { status, reason, headers } of await Promise.all(reading))
    expect([status, reason, headers.get('retry-after')]).toEqual([503, 'TOKEN_NOT_AVAILABLE', '2']);
});

it.concurrent('refresh=1 of many readers renews a token that is older than a minute once, with one row of the trail, and then returns that', async () => {
  const { appid, token } = await attemptWithin(READ_MS, async () => {
    const { appid, token: rejected } = await stored({ remainingS: HOUR_S });
    const many = Array.from({ length: 20 }, (_, i) => refresh(appid, i % 2 === 0 ? 'renewer' : 'second'));
    const token = await renew(appid);
    for (const answer of await Promise.all(many)) expect(answer).toMatchObject({ status: 200, token });
    expect(token).not.toBe(rejected);
    return { appid, token };
  });
  expect(await refresh(appid)).toMatchObject({ status: 200, token });
  expect(await wanted(appid)).toBe(false);
  expect(await trail('token.renewed', appid)).toHaveLength(1);
});

it.concurrent('refresh=1 returns no token that WeChat may have rejected: without a worker it is 503', async () => {
  const { appid } = await stored({ remainingS: HOUR_S });
  expect(await refresh(appid)).toMatchObject({ status: 503, reason: 'TOKEN_NOT_AVAILABLE' });
});

it.concurrent('refresh=1 does not return the rejected token if a rotation of the secrets encrypts it again meanwhile', async () => {
  const { appid, token } = await stored({ remainingS: HOUR_S });
  const answer = refresh(appid);
  await eventually(() => wanted(appid));
  await update(`access_token = '${sealed(appid, token)}'`, appid);
  expect(await answer).toMatchObject({ status: 503, reason: 'TOKEN_NOT_AVAILABLE' });
});

it('The 61st read of a token within a minute is 429 with the time to wait, and so is a caller beyond its rate', async () => {
  const { appid } = await stored();
  const other = await stored();
  for (let n = 0; n < 60; n += 1) expect(await read(appid)).toMatchObject({ status: 200 });
  const limited = await read(appid);
  expect(limited).toMatchObject({ status: 429, reason: 'TOKEN_READ_TOO_OFTEN' });
  const seconds = Number(limited.headers.get('retry-after'));
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(60);
  expect(await read(appid, 'second')).toMatchObject({ status: 200 });
  expect(await read(other.appid)).toMatchObject({ status: 200 });
  await read(appid, 'slow');
  expect(await read(other.appid, 'slow')).toMatchObject({ status: 429, reason: 'CALLER_RATE_LIMITED' });
});

it('No token is handed out that Postgres cannot record now, or whose server may have lost time', async () => {
  const { appid, token } = await stored();
  const release = await database.hold('lock table token_readers in access exclusive mode');
  expect(await read(appid)).toMatchObject({ status: 503, reason: 'TOKEN_NOT_AVAILABLE' });
  await release();
  const before = await database.rows('select identity, behind from history_state');
  await database.rows('update history_state set behind = true');
  expect(await read(appid)).toMatchObject({ status: 503, reason: 'TOKEN_NOT_AVAILABLE' });
  await database.rows('update history_state set behind = $1', [before[0]?.behind ?? false]);
  expect(await read(appid)).toMatchObject({ status: 200, token });
});

it('No token, credential or query string with one is in the log, the metrics or a row in clear text', async () => {
  const { appid, token } = await stored();
  await read(appid);
  const query = `?appid=${appid}&access_token=${token}`;
  await ask(query, 'reader');
  await ask(`${query}&appid=2`, 'reader', { headers: { authorization: `Bearer ${token}` } });
  await ask(query, 'unknown');
  const tables = ['trail', 'token_readers', 'authorizers', 'components'];
  const select = (table: string) => database.rows(`select t::text as row from ${table} t`);
  const rows = await Promise.all(tables.map(select));
  const metrics = await (await fetch(`${gateway.http}/metrics`)).text();
  expect(metrics).toMatch(/wxa_token_service_requests_total\{caller="reader",result="ok"\} [1-9]/);
  const log = await readFile(gateway.app.logFile, 'utf8');
  expect(log).toContain('"token refused"');
  for (const text of [log, metrics, JSON.stringify(rows)]) {
    expect(text).toContain('wx');
    expect(secretsIn(text, COMPONENT_SETTINGS)).toEqual([]);
  }
});

it('RenewToken lets a worker renew a token once a minute, and refuses a mini-program without one', async () => {
  const { appid } = await stored({ remainingS: HOUR_S });
  const renewToken = (of: string) =>
    gateway.rpc('renewToken', { appid: of, reason: 'disclosed' }, policy.as('everything'));
  expect(await renewToken(appid)).toEqual({ renews: true });
  expect(await wanted(appid)).toBe(true);
  expect(await renewToken(appid)).toEqual({ renews: false });
  await renew(appid);
  expect(await renewToken(appid)).toEqual({ renews: false });
  expect(await wanted(appid)).toBe(false);
  const renewed = { caller: 'everything', detail: { reason: 'disclosed' } };
  expect(await trail('token.renewed', appid)).toEqual([renewed]);
  expect(await refusalOf(renewToken(newAppid()))).toMatchObject({ reason: 'AUTHORIZER_NOT_FOUND' });
  await update(`state = 'NEEDS_AUTHORIZATION'`, appid);
  expect(await refusalOf(renewToken(appid))).toMatchObject({ reason: 'NOT_AUTHORIZED' });
});

it('Within 10 s after a caller was removed its reads are 401, after its rule was narrowed 403, and others go on', async () => {
  const withinMs = byLength({ short: 60_000, long: 10_000 });
  const { removed: _, ...remaining } = CALLERS;
  const narrow = { allow: tokens('*', [newAppid()]) };
  const { appid, token } = await stored();
  for (const caller of ['removed', 'narrowed', 'second'])
    expect(await read(appid, caller)).toMatchObject({ token });
  policy.write({ ...remaining, narrowed: narrow });
  await eventually(async () => (await read(appid, 'narrowed')).status === 403, withinMs);
  expect(await read(appid, 'removed')).toMatchObject({ status: 401 });
  expect(await read(appid, 'second')).toMatchObject({ status: 200, token });
  await attemptWithin(READ_MS, async () => {
    const ending = await stored({ remainingS: 590 });
    const other = read(ending.appid, 'second');
    const renewed = await renew(ending.appid);
    expect(await other).toMatchObject({ status: 200, token: renewed });
  });
});
