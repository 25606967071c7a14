import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Secrets } from '@wxa/authorizers';
import { type ScratchStore, scratchStore } from '../store/scratch-store.js';
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

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
  // As after the first sync of a platform: PostgreSQL has no statistics yet.
  await scratch.sql('alter table authorizers set (autovacuum_enabled = false)');
  await scratch.sql(WRITE, [AUTHORIZERS]);
});
afterAll(() => scratch?.close());

it('Claiming the renewals of two tokens reads about as many rows, whatever the number of mini-programs', async () => {
  let claimed: string[] = [];
  const rows = await rowsRead(
    scratch,
    async (store) => {
      claimed = (await store.tokens(new Secrets(randomBytes(32))).claimRenewals(10)).appids;
    },
    { table: 'authorizers' },
  );
  expect(claimed.sort()).toEqual(['wx0000000000000001', 'wx0000000000000002']);
  expect(rows).toBeLessThan(20);
});

it('Storing the tokens of an exchanged code reads a few rows, whatever the number of mini-programs', async () => {
  const appid = 'wx0000000000000003';
  const [row] = await scratch.sql<{ used: string }>(
    'select refresh_token_id as used from authorizers where appid = $1',
    [appid],
  );
  const given = { refreshToken: 'refresh', accessToken: 'next', grantedMs: 7_200_000 };
  const exchanged = { codeId: null, permissionSets: [18] };
  const rows = await rowsRead(
    scratch,
    (store) =>
      store
        .tokens(new Secrets(randomBytes(32)))
        .keepTokens({ appid, used: row?.used ?? '' }, given, exchanged),
    { table: 'authorizers' },
  );
  expect(rows).toBeLessThan(20);
});
