import { EventEmitter } from 'node:events';
import { expect, it } from '@jest/globals';
import type { PostgresStatus } from '@wxa/postgres';
import type { Pool, PoolClient } from 'pg';
import { Connections } from './connections.js';

/** A pool without a server, of which only the events count. */
class FakePool extends EventEmitter {
  idleCount = 0;

  /** Opens a connection for a statement. */
  open() {
    const client = { isDestroyed: false, connection: { stream: { destroy: () => undefined as unknown } } };
    client.connection.stream.destroy = () => {
      client.isDestroyed = true;
    };
    this.emit('connect', client as unknown as PoolClient);
    this.emit('acquire', client as unknown as PoolClient);
    return client;
  }
}

const seen = (identity: string) => ({ isWritable: true, server: { identity } }) as PostgresStatus;

function connections() {
  const pool = new FakePool();
  return { pool, followed: new Connections([pool as unknown as Pool]) };
}

it('A statement on a connection that is older than the last sight of the previous server is cut at once', () => {
  const { pool, followed } = connections();
  const client = pool.open();
  followed.follow(seen('1/a'));
  followed.follow(seen('1/a'));
  expect(client.isDestroyed).toBe(false);
  followed.follow(seen('2/b'));
  expect(client.isDestroyed).toBe(true);
});

it('A connection opened after the last sight of the previous server is cut if its statement still runs at the next check', () => {
  const { pool, followed } = connections();
  followed.follow(seen('1/a'));
  const [hung, answered] = [pool.open(), pool.open()];
  followed.follow(seen('2/b'));
  expect([hung.isDestroyed, answered.isDestroyed]).toEqual([false, false]);
  pool.emit('release', undefined, answered);
  pool.emit('acquire', answered);
  const later = pool.open();
  followed.follow(seen('2/b'));
  followed.follow(seen('2/b'));
  expect([hung, answered, later].map(({ isDestroyed }) => isDestroyed)).toEqual([true, false, false]);
});
