/** What the token service needs. */
export const TOKEN_TABLES = [
  // `previous_at`: the read before the last one. `token_id`: of the token that was read last, 8 hex digits of its SHA-256. Each read updates
  // its row, so that pages have room for a second version.
  `create table token_readers (
    appid text not null,
    caller text not null,
    first_at timestamptz not null default clock_timestamp(),
    last_at timestamptz not null default clock_timestamp(),
    previous_at timestamptz,
    reads bigint not null default 1,
    token_id text not null,
    primary key (appid, caller)
  ) with (fillfactor = 70)`,
  // `read_at`: when its token was read last, give or take 10 minutes. `renewal_wanted_at`: since when a renewal is wanted, null once there is
  // one. `renewal_claimed_at`: when a worker last began one.
  `alter table authorizers add column read_at timestamptz, add column renewal_wanted_at timestamptz,
    add column renewal_claimed_at timestamptz`,
  // `contested_at`: when a token was last obtained because WeChat had rejected the one before it early, which no renewal of ours explains.
  'alter table components add column renewal_wanted_at timestamptz, add column contested_at timestamptz',
];
