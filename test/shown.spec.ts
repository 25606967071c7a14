import { expect, it } from '@jest/globals';
import { secretsIn } from '@wxa/stack';
import { shownBy } from './shown.js';
import { useSharedWorld, world } from './use-world.js';

useSharedWorld('release');

it.each([
  ['token', `sim_${'a'.repeat(43)}`],
  ['fixed token', 'sim-token:wx0123456789abcdef'],
])(
  'A %s or a secret of the settings that a row of any table has is found when a world stops',
  async (_, token) => {
    const found = async () => secretsIn(await shownBy(world, 60_000), world.settings);
    const name = 'WECHAT_ENCODING_AES_KEY';
    const planted = [token, world.settings[name] ?? ''];
    expect(await found()).toEqual([]);
    try {
      await world.sql(
        `insert into callback_names (kind, name, first_at, last_at, seen)
         select 'EVENT', unnest($1::text[]), now(), now(), 1`,
        [planted],
      );
      expect(await found()).toEqual([name, 'sim']);
    } finally {
      await world.sql('delete from callback_names where name = any($1)', [planted]);
    }
  },
);
