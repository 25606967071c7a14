import { expect, it } from '@jest/globals';
import type { ClientBase } from 'pg';
import { ServerReader } from './server-reader.js';

/** A connection to a server that refuses its WAL functions. */
const REFUSING = {
  query: async (text: string) => {
    if (text.includes('pg_walfile_name'))
      throw Object.assign(new Error('permission denied for function pg_current_wal_lsn'), { code: '42501' });
    return { rows: [{ identity: '-/1' }] };
  },
} as unknown as ClientBase;

it('ServerReader reads an identity without a timeline on several connections at once.', async () => {
  const reader = new ServerReader();
  const read = () => Promise.all([1, 2, 3].map(() => reader.identityOf(REFUSING)));
  expect([await read(), await read()]).toEqual([Array(3).fill('-/1'), Array(3).fill('-/1')]);
});
