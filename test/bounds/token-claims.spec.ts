import { beforeAll, expect, it } from '@jest/globals';
import type { TokenStore } from '@wxa/authorizers';
import { scratch, secrets, sql, useStore, value } from '../store/use-store.js';
import { rowsRead } from './rows-read.js';

const AUTHORIZERS = 10_000;
/** Of the mini-programs the first needs another token and the second is wanted; the last thousand had readers two days ago. */
const WRITE = `
insert into authorizers (appid, state, refresh_token, access_token, access_token_at, access_token_until, read_at, renewal_wanted_at)
select 'wx' || lpad(to_hex(n), 16, '0'), 'AUTHORIZED', 'sealed', 'sealed', until - interval '2 hours', until,
  case when n > $1 - 1000 then now() - interval '2 days' else now() end, case when n = 2 then now() end
from generate_series(1, $1::int) n,
  lateral (select now() + case when n = 1 then interval '1 minute' when n > $1 - 1000 then interval '-2 days'
    else interval '1 hour' end as until)`;

useStore();
beforeAll(async () => {
  // As after the first sync of a platform: PostgreSQL has no statistics yet.
  await sql('alter table authorizers set (autovacuum_enabled = false)');
  await sql(WRITE, AUTHORIZERS);
});

const rowsReadFor = (work: (tokens: TokenStore) => Promise<unknown>) =>
  rowsRead(scratch, (store) => work(store.tokens(secrets)), { table: 'authorizers' });

it('Claiming the renewals of two tokens reads about as many rows, whatever the number of mini-programs', async () => {
  let claimed: string[] = [];
  const rows = await rowsReadFor(async (tokens) => {
    claimed = (await tokens.claimRenewals(10)).appids;
  });
  expect(claimed.sort()).toEqual(['wx0000000000000001', 'wx0000000000000002']);
  expect(rows).toBeLessThan(20);
});

it('Storing the tokens of an exchanged code reads a few rows, whatever the number of mini-programs', async () => {
  const appid = 'wx0000000000000003';
  const used =
    (await value<string>('select refresh_token_id from authorizers where appid = $1', appid)) ?? '';
  const given = { refreshToken: 'refresh', accessToken: 'next', grantedMs: 7_200_000 };
  const exchanged = { codeId: null, permissionSets: [18] };
  const rows = await rowsReadFor((tokens) => tokens.keepTokens({ appid, used }, given, exchanged));
  expect(rows).toBeLessThan(20);
});
