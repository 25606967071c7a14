import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from '@jest/globals';
import pg, { type ClientBase } from 'pg';
import { ServerReader } from './server-reader.js';

/** A connection to a server that refuses its WAL functions. */
const REFUSING = {
  query: async ({ text }: { text: string }) => {
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

/** Of PostgreSQL's protocol: AuthenticationOk and ReadyForQuery. */
const WELCOME = Buffer.from('520000000800000000' + '5a0000000549', 'hex');

it('A new connection to a server that accepts it and then hangs is given up, although statements may take longer', async () => {
  const server = createServer((socket) => {
    socket.once('data', () => socket.write(WELCOME));
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const reader = new ServerReader(50);
  const pool = new pg.Pool({
    ...{ host: '127.0.0.1', port, user: 'test', pipeline: true, query_timeout: 35_000 },
    onConnect: async (client) => void (await reader.identityOf(client)),
  });
  await expect(pool.connect()).rejects.toThrow('Query read timeout');
  expect(pool.totalCount).toBe(0);
  server.close();
});
